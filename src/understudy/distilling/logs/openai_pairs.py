"""Pairs of a request and its answer, as OpenAI's API takes and gives them."""

from collections.abc import Mapping, Sequence
from typing import Any

from understudy.answering.responses.stored_items import chat_messages, chat_tools
from understudy.distilling.logs.call import (
    LoggedCall,
    UnusableLogError,
    list_at,
    object_at,
    text_at,
    whole_number,
)
from understudy.errors import InvalidRequestError
from understudy.wording import worded

_SETTINGS = (
    "tools",
    "tool_choice",
    "response_format",
    "functions",
    "function_call",
    "seed",
    "temperature",
    "top_p",
)


def read_pair(line: Mapping[str, Any]) -> LoggedCall:
    """Read `{"request": …, "response": …}`, of Chat Completions or of Responses.

    `body` in the place of `request`, and an answer inside of `response.body`, are read as well:
    so the lines of Batch have them. Raises UnusableLogError.
    """
    request = object_at(line, "request" if "request" in line else "body")
    response = object_at(line, "response")
    if isinstance(response.get("body"), Mapping):
        response = object_at(response, "body")
    if response.get("error"):
        raise UnusableLogError(
            worded(
                "distill.answer_failed",
                "is an answer that failed",
            )
        )
    is_chat = "choices" in response
    return chat_call(request, response) if is_chat else _of_response(request, response)


def chat_call(request: Mapping[str, Any], response: Mapping[str, Any], **known: Any) -> LoggedCall:
    """Return the call of a chat request and its completion; raises UnusableLogError."""
    choice = list_at(response, "choices")[0]
    usage = response.get("usage") or {}
    fields: dict[str, Any] = {
        "id": response.get("id"),
        "created": whole_number(response.get("created")),
        "model": response.get("model") or request.get("model"),
        "messages": list_at(request, "messages"),
        "message": object_at(choice, "message"),
        "finish_reason": choice.get("finish_reason") or "stop",
        "settings": {name: request[name] for name in _SETTINGS if request.get(name) is not None},
        "prompt_tokens": whole_number(usage.get("prompt_tokens")) or 0,
        "completion_tokens": whole_number(usage.get("completion_tokens")) or 0,
        "metadata": _texts(request.get("metadata")),
    }
    text_at(fields, "model")
    return LoggedCall(**fields | known)


def _of_response(request: Mapping[str, Any], response: Mapping[str, Any]) -> LoggedCall:
    asked = request.get("input")
    items: Sequence[Any] = (
        [{"role": "user", "content": asked}]
        if isinstance(asked, str)
        else list_at(request, "input")
    )
    output = list_at(response, "output")
    try:
        messages = chat_messages(items)
        answered = chat_messages(output)
    except InvalidRequestError as error:
        raise UnusableLogError(
            worded(
                "distill.cannot_read",
                "cannot be read: {message}",
                message=error.message,
            )
        ) from None
    instructions = request.get("instructions")
    if isinstance(instructions, str) and instructions:
        messages = [{"role": "developer", "content": instructions}, *messages]
    is_whole = response.get("status", "completed") == "completed"
    usage = response.get("usage") or {}
    settings = {
        name: request[name] for name in ("temperature", "top_p") if request.get(name) is not None
    }
    if request.get("tools"):
        settings["tools"] = chat_tools(request["tools"])
    return LoggedCall(
        id=response.get("id"),
        created=whole_number(response.get("created_at")),
        model=text_at({"model": response.get("model") or request.get("model")}, "model"),
        messages=messages,
        message=_joined(answered),
        finish_reason="stop" if is_whole else "length",
        settings=settings,
        prompt_tokens=whole_number(usage.get("input_tokens")) or 0,
        completion_tokens=whole_number(usage.get("output_tokens")) or 0,
        metadata=_texts(request.get("metadata")),
    )


def _joined(answered: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    texts: list[str] = []
    calls: list[Any] = []
    for each in answered:
        content = each.get("content")
        parts = content if isinstance(content, list) else [{"text": content or ""}]
        texts += [part.get("text") or "" for part in parts if isinstance(part, Mapping)]
        calls += each.get("tool_calls") or []
    message: dict[str, Any] = {"role": "assistant", "content": "".join(texts) or None}
    return message | ({"tool_calls": calls} if calls else {})


def _texts(metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, Mapping):
        return {}
    return {
        key: value
        for key, value in metadata.items()
        if isinstance(key, str) and isinstance(value, str)
    }
