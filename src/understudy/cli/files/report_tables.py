"""Prints the report of a training file."""

from collections.abc import Iterator, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from understudy.cli.console import out, printable
from understudy.cli.files.advice_table import listed, print_advice
from understudy.data.files.formats import Method
from understudy.data.images.illustrations import Illustrations
from understudy.data.report.lengths import Lengths
from understudy.data.report.line_numbers import LineGroups, Lines
from understudy.data.report.report import FileError, Report

_MAX_ERRORS = 100
_MAX_LABELS = 20
_BAR_WIDTH = 40

Fact = tuple[str, str]


def print_report(file_name: str, report: Report) -> None:
    """Print the verdict, the errors, the statistics and the advice."""
    _print_verdict(file_name, report)
    _print_errors("", report.errors)
    _print_errors("skipped ", report.skipped)
    if report.validation is not None:
        _print_errors("validation ", report.validation.errors)
    _print_facts("Content", _content(report))
    _print_facts("Tokens", _tokens(report))
    if report.tokens.total.histogram:
        _print_histogram(report.tokens.total)
    _print_facts("Findings", _findings(report))
    _print_facts("Completions", _answers(report))
    _print_facts("Values for graders", _graded(report))
    _print_facts('Job with "auto" hyperparameters', _job(report))
    print_advice(report.advice)


def _print_verdict(file_name: str, report: Report) -> None:
    count = len(report.errors) + len(report.validation.errors if report.validation else ())
    out.print(Text(printable(file_name), style="bold"), end=" ")
    if report.is_clean:
        what = " for fine-tuning" if report.method == Method.SUPERVISED else ""
        out.print(f"[bold green]is valid[/]{what}.")
    elif count:
        out.print(f"[bold red]has {count:,} error(s)[/]; a job with it would fail.")
    else:
        out.print("[bold red]is not valid[/]; a job with it would fail.")
    verdicts = [report.verdict, report.validation.verdict if report.validation else None]
    for verdict in verdicts:
        if verdict is not None:
            # The lines that follow the first are the errors, which come below.
            first = verdict.message.partition("\n")[0]
            out.print(
                Padding(Text(f"{verdict.code}: {printable(first)}", style="red"), (0, 0, 0, 2))
            )


def _print_errors(which: str, errors: Sequence[FileError]) -> None:
    if not errors:
        return
    if not out.is_terminal:
        # For other programs: every error, without line wrapping.
        for error in errors:
            print(f"{which}{error.line}\t{printable(error.message)}")
        return
    out.print()
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 2))
    table.add_column(f"{which}line", justify="right")
    table.add_column("error", overflow="fold")
    table.add_column("cookbook check", style="dim")
    for error in errors[:_MAX_ERRORS]:
        table.add_row(
            Text(str(error.line), style="red"), Text(printable(error.message)), error.check
        )
    out.print(table)
    if len(errors) > _MAX_ERRORS:
        out.print(f"  … and {len(errors) - _MAX_ERRORS:,} more; use --json for all of them.")


def _print_facts(title: str, facts: Sequence[Fact]) -> None:
    if not facts:
        return
    out.print(f"\n[bold]{title}[/]")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(Text(name), Text(value))
    out.print(table)


def _content(report: Report) -> list[Fact]:
    prompts, tools = report.system_prompts, report.tools
    facts = [
        ("examples", f"{report.examples:,}"),
        ("turns", f"{report.turns:,}"),
        ("system prompts", f"{prompts.distinct:,} different, {prompts.examples_without:,} without"),
    ]
    if tools.examples_with_tools or tools.calls:
        declared = f"{tools.distinct:,} declared in {tools.examples_with_tools:,} example(s)"
        facts.append(("tools", f"{declared}, {tools.calls:,} call(s)"))
    if report.images.images:
        facts.append(("images", _images(report.images)))
    return facts


def _images(found: Illustrations) -> str:
    words = f"{found.images:,} in {found.examples.count:,} example(s)"
    if found.unseen.count:
        words += f"; the tokens of {found.unseen.count:,} are not counted, a job reads them first"
    return words


def _tokens(report: Report) -> list[Fact]:
    tokens = report.tokens
    return [
        ("model", f"{report.model}, context of {report.context_length:,} tokens"),
        ("total", _statistics(tokens.total)),
        ("trained", _statistics(tokens.trained)),
        *_rejected(report),
    ]


def _rejected(report: Report) -> Iterator[Fact]:
    if report.preferences is not None:
        yield "non-preferred", _statistics(report.preferences.non_preferred)


def _statistics(lengths: Lengths) -> str:
    return (
        f"{lengths.total:,} total; per example: mean {lengths.mean:,.1f}, "
        f"median {lengths.median:,.1f}, 95th percentile {lengths.p95:,}, "
        f"from {lengths.min:,} to {lengths.max:,}"
    )


def _print_histogram(lengths: Lengths) -> None:
    highest = max(bucket.examples for bucket in lengths.histogram)
    width = len(f"{lengths.histogram[-1].below:,}")
    out.print()
    for bucket in lengths.histogram:
        bar = "█" * round(_BAR_WIDTH * bucket.examples / highest)
        last = bucket.below - 1
        label = f"{bucket.at_least:>{width},} to {last:>{width},}"
        out.print(f"  [dim]{label}[/]  [cyan]{bar}[/] {bucket.examples:,}", highlight=False)


def _findings(report: Report) -> list[Fact]:
    return [*_line_findings(report), *_leaks(report), *_personal(report), *_notes(report)]


def _line_findings(report: Report) -> Iterator[Fact]:
    tokens, tools = report.tokens, report.tools
    found = {
        "split by their answers": tokens.split.examples,
        "longer than the context": tokens.cut.examples,
        "no trained tokens": tokens.nothing_to_learn,
        "special tokens in text": report.special_tokens.lines,
        "undeclared tool calls": tools.undeclared,
        "arguments violate schema": tools.schema_breaks,
        "calls not allowed by tool_choice": tools.unheld,
        "answers in tool descriptions": tools.described_answers.lines,
        "refusals": report.refusals.lines,
        "empty completions": report.content.empty_answers,
        "empty user messages": report.content.empty_questions,
        "no user message": report.content.no_user_turn,
        "invalid JSON": report.content.broken_json,
        "tool calls as text": report.content.written_calls,
        "placeholders": report.content.placeholders,
        "wrong encoding": report.content.mojibake,
        "cut completions": report.content.cut_answers,
    }
    if report.preferences is not None:
        found |= {
            "identical outputs": report.preferences.same_answer,
            "longer output preferred": report.preferences.preferred_longer,
        }
    yield from ((name, _lines(lines)) for name, lines in found.items() if lines.count)
    groups = {
        "exact duplicates": report.duplicates.exact,
        "near duplicates": report.duplicates.near,
        "same prompt, other completion": report.duplicates.same_prompt,
    }
    yield from ((name, _groups(group)) for name, group in groups.items() if group.groups)


def _leaks(report: Report) -> Iterator[Fact]:
    if report.validation is None:
        return
    leakage = report.validation.leakage
    found = {
        "validation: also in training": leakage.exact,
        "validation: near-duplicate": leakage.near,
        "validation: same prompt": leakage.same_prompt,
        "validation: other completion": leakage.other_answer,
        "validation: label not in training": report.validation.labels.absent,
    }
    yield from ((name, _lines(lines)) for name, lines in found.items() if lines.count)


def _personal(report: Report) -> Iterator[Fact]:
    for shape in report.personal_data:
        yield shape.kind, f"{shape.occurrences:,} in {shape.examples:,} example(s)"


def _notes(report: Report) -> Iterator[Fact]:
    for note in report.tools.notes:
        yield f"line {note.line}", _cell(note.message)


def _answers(report: Report) -> list[Fact]:
    labels = report.labels
    shown = [
        (_cell(label.answer), f"{label.examples:,} ({label.share:.0%})")
        for label in labels[:_MAX_LABELS]
    ]
    more = len(labels) - len(shown)
    return [*shown, ("…", f"and {more} more; use --json for all of them")] if more else shown


def _graded(report: Report) -> list[Fact]:
    return [
        (
            f"item.{_cell(value.name)}",
            ", ".join(value.kinds)
            + (f"; missing in {_lines(value.missing)}" if value.missing.count else ""),
        )
        for value in report.graded_values
    ]


def _job(report: Report) -> list[Fact]:
    job = report.job
    if job is None:
        return []
    if job.answers is not None:
        return [
            ("epochs", f"{job.epochs}, {job.batch_size} prompt(s) per step"),
            ("steps", f"{job.steps:,}"),
            ("answers", f"{job.answers:,} drawn and graded"),
        ]
    assert job.tokens is not None, "only of answers that are drawn they are not known"
    time = "unknown; use --tokens-per-second for an estimate"
    if job.seconds is not None and job.tokens_per_second is not None:
        time = f"about {_duration(job.seconds)} at {job.tokens_per_second:,.0f} tokens per second"
    return [
        ("epochs", f"{job.epochs}, {job.batch_size} example(s) per step"),
        ("steps", f"{job.steps:,}"),
        ("tokens", f"{job.tokens:,}"),
        ("estimated time", time),
    ]


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def _lines(lines: Lines) -> str:
    return f"{lines.count:,} example(s): line {listed(lines.first, lines.count)}"


def _groups(groups: LineGroups) -> str:
    first = "; ".join(listed(group, len(group)) for group in groups.first[:3])
    return f"{groups.examples:,} example(s) in {groups.groups:,} group(s), such as lines {first}"


def _cell(text: str) -> str:
    return printable(text.replace("\n", " "))
