"""Prints the demo's results: a table of scores and three completions side by side."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from understudy.cli.console import out, printable
from understudy.cli.demo.scores import Score
from understudy.cli.demo.tasks import HeldOutExample
from understudy.cli.language import named, said
from understudy.evals.verdict.changes import Rate
from understudy.wording import worded

_SAMPLES = 3
# An untrained model may continue until its token limit.
_MAX_CHARACTERS = 120
_RIGHT_FUNCTION = worded("cli.demo.right_function", "right function called")
_EMPTY = worded("cli.demo.empty", "(empty)")


def print_scores(measure: str, base_name: str, base: Score, tuned: Score) -> None:
    """Print each model's accuracy with its 95 % confidence interval.

    `measure` says what it means that an answer is right.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    held_out = worded("cli.demo.held_out", "  {total} held-out examples", total=base.right.total)
    table.add_column(said(held_out), style="dim")
    table.add_column(base_name, justify="right")
    table.add_column(named("fine-tuned"), justify="right", style="green")
    table.add_row(f"  {said(measure)}", _rate_text(base.right), _rate_text(tuned.right))
    if base.calls is not None and tuned.calls is not None:
        table.add_row("  " + said(_RIGHT_FUNCTION), _rate_text(base.calls), _rate_text(tuned.calls))
    out.print(table)
    out.print(
        worded(
            "cli.demo.brackets_95_confidence_interval",
            "  in brackets: 95 % confidence interval",
        ),
        style="dim",
    )


def print_samples(
    examples: Sequence[HeldOutExample],
    base_answers: Sequence[Mapping[str, Any]],
    tuned_answers: Sequence[Mapping[str, Any]],
) -> None:
    """Print three examples: the expected completion and those of both models."""
    rows = list(zip(examples, base_answers, tuned_answers, strict=True))
    for example, base, tuned in rows[:: max(1, len(rows) // _SAMPLES)][:_SAMPLES]:
        table = Table(box=None, padding=(0, 1), header_style="dim", expand=True)
        for column in ("", "expected", "", "base", "", "fine-tuned"):
            # The marks have their own columns, so that long words stay beside them.
            table.add_column(named(column), overflow="fold", ratio=1 if column else None)
        table.add_row(
            "",
            Text(_answer_text(example.expected)),
            *_marked_answer(base, example),
            *_marked_answer(tuned, example),
        )
        out.print("  " + _prompt_text(example), style="bold", markup=False)
        out.print(table)
        out.print()


def _rate_text(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.value:.0%} ({low:.0%} {named('to')} {high:.0%})"


def _prompt_text(example: HeldOutExample) -> str:
    return str(example.messages[-1].get("content"))


def _marked_answer(answer: Mapping[str, Any], example: HeldOutExample) -> tuple[Text, Text]:
    mark, style = ("✓", "green") if example.is_right(answer) else ("✗", "red")
    return Text(mark, style=style), Text(_answer_text(answer), style=style)


def _answer_text(answer: Mapping[str, Any]) -> str:
    calls: list[dict[str, Any]] = answer.get("tool_calls") or []
    functions: list[dict[str, str]] = [call["function"] for call in calls]
    if functions:
        return "\n".join(
            f"{f['name']}({_shortened(_arguments_text(f['arguments']))})" for f in functions
        )
    return _shortened(" ".join((answer.get("content") or "").split())) or said(_EMPTY)


def _shortened(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"


def _arguments_text(text: str) -> str:
    try:
        arguments: dict[str, Any] = dict(json.loads(text))
    except (ValueError, TypeError):
        return text
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
