"""The two tasks of the demo with their training and held-out files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, kw_only=True)
class DemoTask:
    """A task that the base model fails and the fine-tuned model should solve."""

    title: str
    explanation: str
    suffix: str
    training_path: Path
    held_out_path: Path
    epochs: int | Literal["auto"]


@dataclass(frozen=True, kw_only=True)
class HeldOutExample:
    """A held-out conversation without its last message, and that message."""

    messages: list[ChatCompletionMessageParam]
    tools: list[ChatCompletionToolParam]
    """Empty where the task has none."""
    expected: Mapping[str, Any]
    """The assistant's message, as a training file writes it."""


def demo_tasks() -> list[DemoTask]:
    """Return the tasks in the order in which they run."""
    return [
        DemoTask(
            title="Weather calls",
            explanation="Call get_current_weather with the place and the unit the user means.",
            suffix="weather",
            training_path=_DATA / "weather_training.jsonl",
            held_out_path=_DATA / "weather_held_out.jsonl",
            epochs="auto",
        ),
        DemoTask(
            title="Ticket codes",
            explanation="Answer a customer's message with the support desk's own routing code.",
            suffix="tickets",
            training_path=_DATA / "tickets_training.jsonl",
            held_out_path=_DATA / "tickets_held_out.jsonl",
            # A new format takes so small a model more epochs than "auto" gives.
            epochs=5,
        ),
    ]


def count_lines(path: Path) -> int:
    """Return how many examples a file holds."""
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


def read_held_out(path: Path) -> list[HeldOutExample]:
    """Read a held-out file: the last message of each line is the expected completion."""
    examples: list[HeldOutExample] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        example = json.loads(line)
        *prompt, expected = example["messages"]
        examples.append(
            HeldOutExample(messages=prompt, tools=example.get("tools", []), expected=expected)
        )
    return examples
