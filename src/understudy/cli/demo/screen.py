"""The demo's result on the screen: a table of scores and three answers side by side."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from understudy.cli.console import out, printable
from understudy.cli.demo.scores import Score, Share, is_exact
from understudy.cli.demo.tasks import HeldOutQuestion
from understudy.evals.verdict.statistics import wilson_interval

_SAMPLES = 3
# An untrained model may go on until its limit of tokens.
_LONGEST_TEXT = 120


def print_scores(base_name: str, base: Score, tuned: Score) -> None:
    """Print how often each model was right, with the interval of the true rate."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column(f"  {base.exact.total} held-out questions", style="dim")
    table.add_column(base_name, justify="right")
    table.add_column("tuned", justify="right", style="green")
    table.add_row("  exact match", _share_text(base.exact), _share_text(tuned.exact))
    if base.calls is not None and tuned.calls is not None:
        table.add_row("  right function called", _share_text(base.calls), _share_text(tuned.calls))
    out.print(table)
    out.print("  in brackets: where the true rate lies with 95 % confidence", style="dim")


def print_samples(
    questions: Sequence[HeldOutQuestion],
    base_answers: Sequence[Mapping[str, Any]],
    tuned_answers: Sequence[Mapping[str, Any]],
) -> None:
    """Print three questions, and side by side what was right and what each model answered."""
    rows = list(zip(questions, base_answers, tuned_answers, strict=True))
    for question, base, tuned in rows[:: max(1, len(rows) // _SAMPLES)][:_SAMPLES]:
        table = Table(box=None, padding=(0, 1), header_style="dim", expand=True)
        for column in ("", "right answer", "", "base", "", "tuned"):
            # The marks have columns of their own, so that long words do not part from them.
            table.add_column(column, overflow="fold", ratio=1 if column else None)
        table.add_row(
            "",
            Text(_answer_text(question.expected)),
            *_marked_answer(base, question.expected),
            *_marked_answer(tuned, question.expected),
        )
        out.print("  " + _question_text(question), style="bold", markup=False)
        out.print(table)
        out.print()


def _share_text(share: Share) -> str:
    low, high = wilson_interval(share.right, share.total)
    return f"{share.value:.0%} ({low:.0%} to {high:.0%})"


def _question_text(question: HeldOutQuestion) -> str:
    return str(question.messages[-1].get("content"))


def _marked_answer(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> tuple[Text, Text]:
    is_right = is_exact(answer, expected)
    style = "green" if is_right else "red"
    return Text("✓" if is_right else "✗", style=style), Text(_answer_text(answer), style=style)


def _answer_text(answer: Mapping[str, Any]) -> str:
    calls: list[dict[str, Any]] = answer.get("tool_calls") or []
    functions: list[dict[str, str]] = [call["function"] for call in calls]
    if functions:
        return "\n".join(
            f"{f['name']}({_shortened(_arguments_text(f['arguments']))})" for f in functions
        )
    return _shortened(" ".join((answer.get("content") or "").split())) or "(nothing)"


def _shortened(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _arguments_text(text: str) -> str:
    try:
        arguments: dict[str, Any] = dict(json.loads(text))
    except (ValueError, TypeError):
        return text
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
