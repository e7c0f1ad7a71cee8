"""What of a training file's line is judged, for every format of file."""

import json
from typing import Any

import pytest

from understudy.safety.screening.lines import excerpt_of, texts_of_line


def judged(line: dict[str, Any]) -> tuple[list[list[str]], bool]:
    found = texts_of_line(json.dumps(line).encode())
    return [[m.content or "" for m in one] for one in found.conversations], found.has_unread


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def test_every_text_of_a_chat_is_judged_after_those_before_it():
    line = {"messages": [{"role": "system", "content": "S"}, user("U"), assistant("A")]}
    assert judged(line) == ([["S"], ["S", "U"], ["S", "U", "A"]], False)


@pytest.mark.parametrize("noun", ["output", "completion"])
def test_both_answers_of_a_pair_are_judged_after_the_question(noun: str):
    line = {
        "input": {"messages": [user("U")]},
        f"preferred_{noun}": [assistant("good")],
        f"non_preferred_{noun}": [assistant("bad")],
    }
    assert judged(line) == ([["U"], ["U", "good"], ["U", "bad"]], False)


def test_a_prompt_and_its_completion_are_two_texts():
    assert judged({"prompt": "P", "completion": "C"}) == ([["P"], ["P", "C"]], False)


def test_calls_reasoning_and_parts_are_texts_and_images_are_not():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    parts = [{"type": "text", "text": "T"}, {"type": "image_url", "image_url": {"url": "x"}}]
    line = {
        "messages": [user(parts), assistant(None, tool_calls=[call], reasoning_content="R")],
    }
    assert judged(line) == ([["T"], ["T", 'R\nf({"a":1})']], True)


@pytest.mark.parametrize(
    "line",
    [
        b"no json",
        b"[]",
        b"{}",
        b'{"messages": [{"role": "robot", "content": "x"}]}',
        b'{"messages": [{"role": "user", "content": 5}]}',
        b'{"messages": ["x"]}',
        b"\xff\xfe",
    ],
)
def test_what_cannot_be_read_is_not_judged(line: bytes):
    found = texts_of_line(line)
    assert (found.conversations, found.has_unread) == ((), True)


def test_an_excerpt_is_one_short_line():
    assert excerpt_of(" a\n\tb ") == "a b"
    assert len(excerpt_of("x" * 1000)) == 200
