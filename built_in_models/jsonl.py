"""Writes tasks as the chat JSONL that a fine-tuning job reads."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from built_in_models.task import Task
from understudy.chat.messages import Message, Tool


def write_chat_jsonl(path: Path, tasks: Iterable[Task]) -> None:
    """Write one example per line; the file appears complete, by rename."""
    lines = (json.dumps(chat_example(task), ensure_ascii=False) + "\n" for task in tasks)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text("".join(lines), encoding="utf-8")
    unfinished.replace(path)


def chat_example(task: Task) -> dict[str, Any]:
    """Return a task as the object of one line of a training file."""
    example: dict[str, Any] = {"messages": [_message(message) for message in task.messages]}
    if task.tools:
        example["parallel_tool_calls"] = False
        example["tools"] = [_tool(tool) for tool in task.tools]
    return example


def _message(message: Message) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role.value}
    if message.content is not None:
        written["content"] = message.content
    if message.tool_calls:
        written["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    return written


def _tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    return {"type": "function", "function": function}
