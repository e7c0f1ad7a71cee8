"""Prints what a report advises: how much it matters, what was seen, and in which lines."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from understudy.cli.console import out, printable
from understudy.cli.language import named, said_with
from understudy.data.report.advice.advice import Advice, Severity
from understudy.wording import worded

_MAX_LINES = 8
_MAX_GROUPS = 3
_LINE, _VALIDATION_LINE = "line", "validation line"

_NAMES = {
    Severity.MUST_MEND: ("must mend", "red"),
    Severity.LOOK_AT: ("look at", "yellow"),
    Severity.FOR_INFORMATION: ("note", "dim"),
}


def print_advice(advice: Sequence[Advice]) -> None:
    """Print every piece of advice with the first lines that it is about."""
    out.print(
        worded(
            "cli.files.advice",
            "\n[bold]Advice[/]",
        )
    )
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 2))
    for each in advice:
        name, style = _NAMES[each.severity]
        lines = _lines(each)
        wording = {"code": f"advice.{each.code}", "values": each.parameters}
        text = Text(printable(said_with(each.text, wording)))
        if lines:
            text.append(f"\n{lines}", style="dim")
        table.add_row(Text(named(name), style=style), text)
    out.print(table)


def _lines(advice: Advice) -> str:
    of = _VALIDATION_LINE if advice.file == "validation" else _LINE
    if advice.groups is not None:
        groups = advice.groups
        shown = "; ".join(listed(group, len(group)) for group in groups.first[:_MAX_GROUPS])
        return named(f"{of}s") + f" {shown}" + ("; …" if groups.groups > _MAX_GROUPS else "")
    if advice.lines is not None:
        s = "s" if advice.lines.count > 1 else ""
        return named(f"{of}{s}") + f" {listed(advice.lines.first, advice.lines.count)}"
    return ""


def listed(lines: Sequence[int], count: int) -> str:
    """Name the first of `count` lines."""
    shown = ", ".join(map(str, lines[:_MAX_LINES]))
    return f"{shown}, …" if count > _MAX_LINES else shown
