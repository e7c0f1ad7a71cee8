"""Spans of OpenTelemetry's conventions for generative AI, as OTLP writes them in JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from understudy.data.files.strict_json import parse_value
from understudy.distilling.logs.call import LoggedCall, UnusableLogError, whole_number
from understudy.wording import worded

_PREFIX = "gen_ai."
_NANOSECONDS = 1_000_000_000


def spans_of(line: Mapping[str, Any]) -> Iterator[Mapping[str, Any]] | None:
    """Return the spans of a line, of any kind, or None for a line that holds none.

    A line is one span, or an export with `resourceSpans`.
    """
    if isinstance(line.get("resourceSpans"), list):
        return (
            span
            for resource in line["resourceSpans"]
            for scope in resource.get("scopeSpans") or ()
            for span in scope.get("spans") or ()
        )
    return iter([line]) if "attributes" in line and "spanId" in line else None


def is_chat_span(span: Mapping[str, Any]) -> bool:
    """Say whether a span is a chat with a model, and not a tool or an agent around it."""
    return _attributes(span).get("gen_ai.operation.name") in ("chat", "text_completion")


def read_span(span: Mapping[str, Any]) -> LoggedCall:
    """Read a chat span; raises UnusableLogError.

    Source: OpenTelemetry, semantic conventions for generative AI, "Input and output messages".
    """
    found = _attributes(span)
    asked, answered = (_json_of(found, f"gen_ai.{side}.messages") for side in ("input", "output"))
    instructions = found.get("gen_ai.system_instructions")
    messages = [message for each in asked for message in _messages(each)]
    if instructions is not None:
        system = _content(_json_of(found, "gen_ai.system_instructions"))
        messages = [{"role": "system", "content": system}, *messages]
    last = answered[0]
    model = found.get("gen_ai.response.model") or found.get("gen_ai.request.model")
    if not isinstance(model, str):
        raise UnusableLogError(
            worded(
                "distill.names_no_model",
                "names no model",
            )
        )
    start = whole_number(float(span.get("startTimeUnixNano") or 0) / _NANOSECONDS)
    tools = found.get("gen_ai.tool.definitions")
    return LoggedCall(
        id=_text(found.get("gen_ai.response.id")),
        created=start or None,
        model=model,
        messages=messages,
        message=next(_messages(last)),
        finish_reason=_finish(found, last),
        settings={}
        if tools is None
        else {"tools": _tools(_json_of(found, "gen_ai.tool.definitions"))},
        prompt_tokens=whole_number(found.get("gen_ai.usage.input_tokens")) or 0,
        completion_tokens=whole_number(found.get("gen_ai.usage.output_tokens")) or 0,
    )


def _attributes(span: Mapping[str, Any]) -> dict[str, Any]:
    attributes = span.get("attributes")
    if isinstance(attributes, Mapping):
        return dict(attributes)
    return {each["key"]: _value(each["value"]) for each in attributes or () if "key" in each}


def _value(value: Mapping[str, Any]) -> Any:
    """Return what OTLP's `AnyValue` holds; it writes 64-bit integers as text."""
    match value:
        case {"intValue": number}:
            return int(number)
        case {"arrayValue": {"values": values}}:
            return [_value(each) for each in values]
        case {"kvlistValue": {"values": pairs}}:
            return {pair["key"]: _value(pair["value"]) for pair in pairs}
        case _:
            return next(iter(value.values()), None)


def _json_of(found: Mapping[str, Any], name: str) -> list[Any]:
    value = found.get(name)
    if isinstance(value, str):
        try:
            value = parse_value(value.encode())
        except ValueError:
            raise UnusableLogError(
                worded(
                    "distill.not_json",
                    "has a '{name}' that is not JSON",
                    name=name,
                )
            ) from None
    if not isinstance(value, list) or not value:
        raise UnusableLogError(
            worded(
                "distill.no_program_records_messages",
                "has no '{name}': its program records messages only when it is told to",
                name=name,
            )
        )
    return value


def _messages(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a message of the conventions as those of a chat: each result of a tool is its own."""
    parts: Sequence[Mapping[str, Any]] = message.get("parts") or ()
    results = [part for part in parts if part.get("type") == "tool_call_response"]
    for part in results:
        result = part.get("response", part.get("result"))
        content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        yield {"role": "tool", "tool_call_id": part.get("id"), "content": content}
    if results:
        return
    told: dict[str, Any] = {"role": message.get("role"), "content": _content(parts) or None}
    calls = [part for part in parts if part.get("type") == "tool_call"]
    if calls:
        told["tool_calls"] = [_call(part) for part in calls]
    yield told


def _content(parts: Sequence[Mapping[str, Any]]) -> str:
    return "".join(part.get("content") or "" for part in parts if part.get("type") == "text")


def _call(part: Mapping[str, Any]) -> dict[str, Any]:
    arguments = part.get("arguments")
    written = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return {
        "id": part.get("id"),
        "type": "function",
        "function": {"name": part.get("name"), "arguments": written},
    }


def _tools(definitions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {
                key: tool[key] for key in ("name", "description", "parameters") if key in tool
            },
        }
        for tool in definitions
    ]


def _finish(found: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    reasons = found.get("gen_ai.response.finish_reasons")
    reason = last.get("finish_reason") or (reasons[0] if isinstance(reasons, list) else None)
    return {"tool_call": "tool_calls", "max_tokens": "length", None: "stop"}.get(
        reason, str(reason)
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
