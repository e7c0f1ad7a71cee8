"""The demo's real task: calls of functions that the model never saw, scored as BFCL scores them."""

import json
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

from openai.types.chat import ChatCompletionToolParam

from understudy.cli.demo.bfcl_check import is_right_call
from understudy.cli.demo.bfcl_rows import BfclRow
from understudy.cli.demo.tasks import DemoTask, HeldOutExample

_TRAINING_ROWS = 100
_HELD_OUT_ROWS = 50
_SHUFFLED_BY = 0


class _Split(NamedTuple):
    training: list[BfclRow]
    held_out: list[BfclRow]


def bfcl_task(rows: Sequence[BfclRow], directory: Path) -> DemoTask:
    """Write the two files into `directory` and return the task."""
    split = _split(rows)
    return DemoTask(
        title="Function calls",
        explanation=(
            "Call the function that is offered, with the arguments that the question means.\n"
            "  From BFCL (simple Python functions); no held-out function is in the training file."
        ),
        suffix="calls",
        training_path=_written(split.training, directory / "bfcl_training.jsonl"),
        held_out_path=_written(split.held_out, directory / "bfcl_held_out.jsonl"),
        # Half of the demo's time: a validation loss, and a report card of both models.
        is_validated=False,
        held_out=[_held_out(row) for row in split.held_out],
        measure="right call, by BFCL's check",
        epochs=1,
    )


def _split(rows: Sequence[BfclRow]) -> _Split:
    """Divide the shortest rows, so that no function is in both parts."""
    wanted = _TRAINING_ROWS + _HELD_OUT_ROWS
    one_each = {row.name: row for row in sorted(rows, key=_length, reverse=True)}
    shortest = sorted(one_each.values(), key=_length)[:wanted]
    random.Random(_SHUFFLED_BY).shuffle(shortest)
    return _Split(training=shortest[_HELD_OUT_ROWS:], held_out=shortest[:_HELD_OUT_ROWS])


def _written(rows: Sequence[BfclRow], path: Path) -> Path:
    lines = [json.dumps(row.example(), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _length(row: BfclRow) -> int:
    return len(json.dumps(row.example()))


def _held_out(row: BfclRow) -> HeldOutExample:
    return HeldOutExample(
        messages=[{"role": "user", "content": row.question}],
        tools=[cast("ChatCompletionToolParam", row.tool)],
        expected=row.call(),
        is_right=partial(is_right_call, row),
    )
