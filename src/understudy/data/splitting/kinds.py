"""What kind of example a line is: how it asks, and what kind of answer it teaches."""

import json
from collections.abc import Sequence

from understudy.chat.messages import Message, Role
from understudy.data.examples import ChatExample
from understudy.data.report.content.refusals import is_refusal
from understudy.data.report.labels import find_labels
from understudy.data.report.texts import answer_text


def kinds_of(examples: Sequence[ChatExample]) -> list[str]:
    """Return the kind of each example in words, such as "one turn → JSON".

    When a few labels make up all answers, each label is a kind of its own.
    """
    labels = {label.answer for label in find_labels(examples).balance}
    return [f"{_input(example)} → {_answer(example, labels)}" for example in examples]


def _input(example: ChatExample) -> str:
    asked = sum(message.role is Role.USER for message in example.messages)
    turns = "one turn" if asked <= 1 else "several turns"
    return f"{turns} with tools" if example.tools else turns


def _answer(example: ChatExample, labels: set[str]) -> str:
    message = _last_learned(example)
    if message is None:
        return "no answer"
    if message.tool_calls:
        names = sorted({call.name for call in message.tool_calls})
        return f"calls {', '.join(names)}"
    text = answer_text(example).strip()
    if text in labels:
        return f'"{text}"'
    if is_refusal(text):
        return "refusal"
    return "JSON" if _is_json(text) else "text"


def _last_learned(example: ChatExample) -> Message | None:
    learned = (i for i, is_trained in enumerate(example.trained) if is_trained)
    index = max(learned, default=None)
    return None if index is None else example.messages[index]


def _is_json(text: str) -> bool:
    """Say whether a text is a JSON object or array; a bare number or word is called text."""
    if not text.startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
