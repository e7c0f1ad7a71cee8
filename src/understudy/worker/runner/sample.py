"""The answer of one item: asked of a model, or come with the data; as graders and users see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from understudy.errors import UnderstudyError
from understudy.evals.recording import ModelUsage
from understudy.graders.sample import Sample, sample_of_answer
from understudy.schemas.chat.answer import Usage
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.worker.runner.asking import Answered

_NO_USAGE = {"total_tokens": 0, "completion_tokens": 0, "prompt_tokens": 0, "cached_tokens": 0}


@dataclass(frozen=True, kw_only=True)
class ItemSample:
    """An answer, or the reason why there is none."""

    graded: Sample | None
    """What graders see; None when sampling broke."""
    wire: Mapping[str, Any]
    """What the output item tells."""
    usage: Mapping[str, ModelUsage]
    """What it cost, by model."""


def sampled(answered: Answered, request: CreateChatCompletion) -> ItemSample:
    """Return an answer that was asked for."""
    choice = answered.completion.choices[0]
    message = choice.message.model_dump(mode="json")
    calls = message.get("tool_calls") or []
    usage = answered.completion.usage
    counts = _counts(usage)
    asked = [_written(m.model_dump(mode="json", exclude_none=True)) for m in request.messages]
    model = answered.completion.model
    given = {
        **sample_of_answer(message["content"] or "", calls).given,
        "model": model,
        "input": asked,
        "finish_reason": choice.finish_reason,
        "usage": counts,
    }
    wire = {
        **_wire(asked, [_output(message)]),
        "finish_reason": choice.finish_reason,
        "model": model,
        "usage": counts,
        "temperature": answered.plan.temperature,
        "max_completion_tokens": answered.prompt.room,
        "top_p": answered.plan.top_p,
        "seed": answered.plan.seed,
    }
    used = ModelUsage(
        invocations=1,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=counts["cached_tokens"],
    )
    return ItemSample(graded=Sample(given=given), wire=wire, usage={model: used})


def given(sample: Mapping[str, Any]) -> ItemSample:
    """Return an answer that came with the data."""
    text = sample.get("output_text")
    output = {"role": "assistant", "content": text if isinstance(text, str) else ""}
    if sample.get("output_tools"):
        output["tool_calls"] = sample["output_tools"]
    asked = sample.get("input")
    wire = {
        **_wire(asked if isinstance(asked, list) else [], [output] if sample else []),
        "finish_reason": sample.get("finish_reason") or "",
        "model": sample.get("model") or "",
        "usage": sample.get("usage") or _NO_USAGE,
    }
    return ItemSample(graded=Sample(given=sample), wire=wire, usage={})


def broken(error: UnderstudyError) -> ItemSample:
    """Return what is told of an item that no answer could be had for."""
    problem = {"code": error.code or "server_error", "message": error.message}
    wire = {
        **_wire([], []),
        "finish_reason": "",
        "model": "",
        "usage": _NO_USAGE,
        "error": problem,
    }
    return ItemSample(graded=None, wire=wire, usage={})


def _wire(asked: list[Any], output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "input": asked,
        "output": output,
        "error": None,
        "temperature": None,
        "max_completion_tokens": None,
        "top_p": None,
        "seed": None,
    }


def _written(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message with its content as text, as output items have it."""
    content = message.get("content")
    if isinstance(content, list):
        message["content"] = "".join(part.get("text") or "" for part in content)
    return {**message, "content": message.get("content") or ""}


def _output(message: Mapping[str, Any]) -> dict[str, Any]:
    output = {"role": message["role"], "content": message["content"] or ""}
    calls = message.get("tool_calls")
    return {**output, "tool_calls": calls} if calls else output


def _counts(usage: Usage) -> dict[str, int]:
    return {
        "total_tokens": usage.total_tokens,
        "completion_tokens": usage.completion_tokens,
        "prompt_tokens": usage.prompt_tokens,
        "cached_tokens": usage.prompt_tokens_details.cached_tokens,
    }
