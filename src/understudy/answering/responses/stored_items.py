"""Items and tools of a Responses conversation as a chat has them, for rows that hold either."""

from collections.abc import Mapping, Sequence
from typing import Any

from understudy.answering.responses.conversation import ASKED_FOR_SUMMARY
from understudy.errors import InvalidRequestError
from understudy.wording import worded

_TEXTS = ("input_text", "output_text", "text")


def chat_messages(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return chat messages; those that are chat messages already stay as they are.

    Raises InvalidRequestError for an item that has no counterpart, such as a search.
    """
    messages: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise _unusable(index, "it is not an object")
        match item.get("type", "message"):
            case "message":
                messages.append(_message(item))
            case "function_call":
                _add_call(messages, item)
            case "function_call_output":
                content = item.get("output")
                messages.append(
                    {"role": "tool", "tool_call_id": item.get("call_id"), "content": content}
                )
            case "reasoning":
                continue  # What a model thought belongs to its own turn and is not shown again.
            case "compaction":
                messages.append({"role": "user", "content": ASKED_FOR_SUMMARY})
                messages.append({"role": "assistant", "content": item.get("content")})
            case other:
                raise _unusable(index, f"items of type '{str(other)[:64]}' cannot be asked again")
    return messages


def chat_tools(tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return tools as a chat request has them; the flat ones of responses are functions there."""
    return [
        {"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}}
        if tool.get("type") == "function" and "function" not in tool
        else dict(tool)
        for tool in tools
    ]


def _message(item: Mapping[str, Any]) -> dict[str, Any]:
    content = item.get("content")
    message = {key: value for key, value in item.items() if key not in ("type", "id", "status")}
    if isinstance(content, Mapping):
        content = [content]
    if isinstance(content, list):
        message["content"] = [
            _part(part) if isinstance(part, Mapping) else part for part in content
        ]
    return message


def _part(part: Mapping[str, Any]) -> Mapping[str, Any]:
    if part.get("type") in _TEXTS:
        return {"type": "text", "text": part.get("text")}
    if part.get("type") != "input_image":
        return part
    detail = part.get("detail")
    if part.get("image_url") is None:
        return {
            "type": "image_file",
            "image_file": {"file_id": part.get("file_id"), "detail": detail},
        }
    return {"type": "image_url", "image_url": {"url": part.get("image_url"), "detail": detail}}


def _add_call(messages: list[dict[str, Any]], item: Mapping[str, Any]) -> None:
    """Add a call to the assistant's turn: calls that follow each other belong to one."""
    function = {"name": item.get("name"), "arguments": item.get("arguments")}
    call = {"id": item.get("call_id"), "type": "function", "function": function}
    if messages and messages[-1]["role"] == "assistant":
        messages[-1].setdefault("tool_calls", []).append(call)
    else:
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})


def _unusable(index: int, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "chat.message_conversation_not_usable",
            "Message {index} of the conversation is not usable: {why}.",
            index=index,
            why=why,
        ),
        code="invalid_messages",
    )
