"""The report of a clone: how often the new model says what the old one said, and where not."""

import json
from collections.abc import Mapping
from typing import Any

from openai import OpenAI

from understudy.cli.console import out, print_rows, printable
from understudy.cli.evals.api import Json, get, pages
from understudy.distilling.agreement import (
    Agreement,
    Answer,
    Compared,
    agreements,
    disagreements,
)

_SHOWN = 10
_MAX_LETTERS = 100


def print_agreement(client: OpenAI, distillation: Json) -> None:
    """Print the agreement on what was held out, and the first disagreements."""
    compared = _compared(client, distillation)
    rows = [_row(each) for each in agreements(compared)]
    columns = ("agreement with the old model", "base", "clone", "95 % interval", "n", "p")
    print_rows(columns, rows, empty="")
    out.print(
        "p is McNemar's, of clone against base: how likely chance alone gives such a difference.",
        style="dim",
    )
    different = disagreements(compared)
    if not different:
        out.print(f"No disagreement on {len(compared)} held-out prompts.")
        return
    out.print(f"{len(different)} of {len(compared)} held-out prompts are answered otherwise:")
    for each in different[:_SHOWN]:
        out.print(f"  {_short(each.question)}", markup=False, soft_wrap=True)
        out.print(f"    old: {_said(each.teacher)}", markup=False, soft_wrap=True)
        out.print(f"    new: {_said(each.student)}", markup=False, soft_wrap=True)
    run = get(client, f"/evals/{distillation['eval_id']}/runs/{distillation['runs']['student']}")
    out.print(f"All of them: {run['report_url']}", markup=False, soft_wrap=True)


def _compared(client: OpenAI, distillation: Json) -> list[Compared]:
    base = _items(client, distillation, "base")
    student = _items(client, distillation, "student")
    return [
        Compared(
            question=_question(item["datasource_item"]),
            teacher=_taught(item["datasource_item"]),
            base=_answered(base[number]),
            student=_answered(item),
        )
        for number, item in student.items()
        # An item that could not be asked says nothing about either model.
        if number in base and "errored" not in (item["status"], base[number]["status"])
    ]


def _items(client: OpenAI, distillation: Json, role: str) -> dict[int, Json]:
    path = f"/evals/{distillation['eval_id']}/runs/{distillation['runs'][role]}/output_items"
    return {item["datasource_item_id"]: item for item in pages(client, path)}


def _taught(item: Mapping[str, Any]) -> Answer:
    calls = tuple((each["name"], each["arguments"]) for each in item["calls"])
    return Answer(text=item["answer"], calls=calls)


def _answered(item: Json) -> Answer:
    message: Mapping[str, Any] = next(iter(item["sample"].get("output") or ()), {})
    calls = tuple(
        (each["function"]["name"], each["function"]["arguments"])
        for each in message.get("tool_calls") or ()
    )
    return Answer(text=message.get("content") or "", calls=calls)


def _question(item: Mapping[str, Any]) -> str:
    content = item["input"][-1].get("content")
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _row(found: Agreement) -> tuple[str, ...]:
    low, high = found.interval
    return (
        found.name,
        f"{100 * found.base / found.total:.0f} %",
        f"{100 * found.student / found.total:.0f} %",
        f"{100 * low:.0f} to {100 * high:.0f} %",
        str(found.total),
        "" if found.p_value is None else f"{found.p_value:.2g}",
    )


def _said(answer: Answer) -> str:
    calls = [f"{name}({arguments})" for name, arguments in answer.calls]
    return _short(" ".join([answer.text, *calls]).strip()) or "(nothing)"


def _short(text: str) -> str:
    one_line = printable(" ".join(text.split()))
    return one_line if len(one_line) <= _MAX_LETTERS else f"{one_line[:_MAX_LETTERS]}…"
