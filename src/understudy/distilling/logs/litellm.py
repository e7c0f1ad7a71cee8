"""LiteLLM's standard log: one object a call, as its proxy writes them to files and buckets."""

from collections.abc import Mapping
from typing import Any

from understudy.distilling.logs.call import LoggedCall, UnusableLogError, text_at, whole_number
from understudy.distilling.logs.openai_pairs import chat_call
from understudy.wording import worded

_CHAT_CALLS = ("completion", "acompletion")


def is_litellm(line: Mapping[str, Any]) -> bool:
    """Say whether a line is one of LiteLLM's standard log."""
    return "messages" in line and "response" in line and "call_type" in line


def read_litellm(line: Mapping[str, Any]) -> LoggedCall:
    """Read a line of LiteLLM's standard log; raises UnusableLogError.

    Source: `StandardLoggingPayload` in LiteLLM's types.
    """
    if line.get("call_type") not in _CHAT_CALLS:
        raise UnusableLogError(
            worded(
                "distill.call_type",
                "is a call of the type '{value}'",
                value=str(line.get("call_type"))[:40],
            )
        )
    if line.get("status", "success") != "success":
        raise UnusableLogError(
            worded(
                "distill.call_failed",
                "is a call that failed",
            )
        )
    response = line["response"]
    if not isinstance(response, Mapping) or "choices" not in response:
        # The proxy writes this where logging of messages is turned off.
        raise UnusableLogError(
            worded(
                "distill.no_answer_messages_kept",
                "has no answer: its messages were kept out of the log",
            )
        )
    parameters = line.get("model_parameters")
    request = {**(parameters if isinstance(parameters, Mapping) else {}), **line}
    tags = line.get("request_tags") or []
    return chat_call(
        request,
        response,
        id=response.get("id") or line.get("id"),
        created=whole_number(line.get("startTime")) or whole_number(response.get("created")),
        model=text_at(line, "model"),
        metadata={f"tag_{i}": str(tag)[:512] for i, tag in enumerate(tags[:8])},
        prompt_tokens=whole_number(line.get("prompt_tokens")) or 0,
        completion_tokens=whole_number(line.get("completion_tokens")) or 0,
    )
