"""Stored answers for the tests of distilling."""

from typing import Any

from understudy.distilling.captured import Captured

TOOL = {
    "type": "function",
    "function": {
        "name": "look",
        "parameters": {
            "type": "object",
            "properties": {"place": {"type": "string"}},
            "required": ["place"],
        },
    },
}


def captured(text: str = "Oslo", question: str = "Norway?", **changes: Any) -> Captured:
    fields: dict[str, Any] = {
        "id": "chatcmpl-1",
        "model": "teacher",
        "created_at": 1,
        "metadata": {},
        "prompt": [{"role": "user", "content": question}],
        "tools": [],
        "is_parallel": None,
        "response_format": None,
        "text": text,
        "calls": [],
        "refusal": None,
        "finish_reason": "stop",
        "prompt_tokens": 3,
        "completion_tokens": 1,
    }
    return Captured(**fields | changes)


def call(name: str, arguments: str) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
