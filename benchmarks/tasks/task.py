"""A task of the learning benchmark: what is learned, what is asked, and how answers are scored."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.chat.messages import Message, Tool, ToolCall
from understudy.data.examples import ChatExample
from understudy.data.files.parse import parse_chat_file

Line = Mapping[str, Any]
"""One line of a training file, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a model answered."""

    text: str
    calls: tuple[ToolCall, ...]


Score = Callable[[Answer], float]
"""How good an answer is, from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A held-out conversation without its answer."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    score: Score


@dataclass(frozen=True, kw_only=True)
class Task:
    """A training file and held-out questions with an objective score."""

    name: str
    training: tuple[ChatExample, ...]
    held_out: tuple[Question, ...]
    max_tokens: int
    """What a right answer needs at most; a longer one is cut."""


def make_task(
    name: str,
    training: Sequence[Line],
    held_out: Sequence[tuple[Line, Score]],
    *,
    max_tokens: int,
) -> Task:
    """Read the lines as a job would; the last message of a held-out line is left out."""
    asked = examples_of([line for line, _ in held_out])
    return Task(
        name=name,
        training=examples_of(training),
        held_out=tuple(
            Question(messages=example.messages[:-1], tools=example.tools, score=score)
            for example, (_, score) in zip(asked, held_out, strict=True)
        ),
        max_tokens=max_tokens,
    )


def examples_of(lines: Sequence[Line]) -> tuple[ChatExample, ...]:
    """Return the examples of a file with these lines; raises ValueError for a bad one."""
    parsed = parse_chat_file(io.BytesIO("\n".join(map(json.dumps, lines)).encode()))
    if parsed.problems:
        raise ValueError(parsed.problems[0])
    return parsed.examples


def text_line(question: str, answer: str, *, system: str) -> Line:
    """Return the line of one question and its answer."""
    return {
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    }


def is_text(expected: str) -> Score:
    """Score 1 for exactly this text, white space around it aside."""
    return lambda answer: float(answer.text.strip() == expected)
