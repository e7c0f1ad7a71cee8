"""What a demo's task is: files, held-out examples, and which answers to these are right."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from understudy.evals.report_cards.content import Said, is_exact
from understudy.wording import worded

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, kw_only=True)
class HeldOutExample:
    """A held-out conversation without its last message, and that message."""

    messages: list[ChatCompletionMessageParam]
    tools: list[ChatCompletionToolParam]
    """Empty where the task has none."""
    expected: Mapping[str, Any]
    """The assistant's message, as a training file writes it."""
    is_right: Callable[[Mapping[str, Any]], bool]
    """Whether another assistant message is as good."""


@dataclass(frozen=True, kw_only=True)
class DemoTask:
    """A task that the base model fails and the fine-tuned model should solve."""

    title: str
    explanation: str
    suffix: str
    training_path: Path
    held_out_path: Path
    is_validated: bool
    """Whether the held-out file is the job's validation file too."""
    held_out: list[HeldOutExample]
    measure: str
    """What it means that an answer is right, in a few words."""
    epochs: int | Literal["auto"]


def demo_tasks() -> list[DemoTask]:
    """Return the tasks for the models that ship with the package, in the order they run."""
    return [
        _built_in_task(
            title=worded("cli.demo.weather", "Weather calls"),
            explanation=worded(
                "cli.demo.weather_task",
                "Call get_current_weather with the place and the unit the user means.",
            ),
            suffix="weather",
            epochs="auto",
        ),
        _built_in_task(
            title=worded("cli.demo.tickets", "Ticket codes"),
            explanation=worded(
                "cli.demo.tickets_task",
                "Answer a customer's message with the support desk's own routing code.",
            ),
            suffix="tickets",
            # A new format takes so small a model more epochs than "auto" gives.
            epochs=5,
        ),
    ]


def _built_in_task(
    *, title: str, explanation: str, suffix: str, epochs: int | Literal["auto"]
) -> DemoTask:
    held_out_path = _DATA / f"{suffix}_held_out.jsonl"
    return DemoTask(
        title=title,
        explanation=explanation,
        suffix=suffix,
        training_path=_DATA / f"{suffix}_training.jsonl",
        held_out_path=held_out_path,
        is_validated=True,
        held_out=read_held_out(held_out_path),
        measure=worded("cli.demo.exact_match", "exact match"),
        epochs=epochs,
    )


def count_lines(path: Path) -> int:
    """Return how many examples a file holds."""
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def read_held_out(path: Path) -> list[HeldOutExample]:
    """Read a held-out file: the last message of each line is the one right answer."""
    examples: list[HeldOutExample] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        *prompt, expected = example["messages"]
        examples.append(
            HeldOutExample(
                messages=prompt,
                tools=example.get("tools", []),
                expected=expected,
                is_right=partial(is_same_answer, expected),
            )
        )
    return examples


def is_same_answer(expected: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Say whether two assistant messages mean the same: text as it is, arguments as JSON."""
    return is_exact(_said(answer), _said(expected))


def _said(message: Mapping[str, Any]) -> Said:
    calls = [call["function"] for call in message.get("tool_calls") or ()]
    return Said(
        text=message.get("content") or "",
        calls=tuple((call["name"], call["arguments"]) for call in calls),
    )
