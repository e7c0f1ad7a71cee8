"""The answer of one item: asked of a model, or come with the data; as graders and users see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.answering.answer import Answer, AnswerCall
from understudy.answering.usage import AnswerUsage
from understudy.errors import UnderstudyError
from understudy.evals.questions import EvalQuestion
from understudy.evals.recording import ModelUsage
from understudy.graders.sample import Sample, sample_of_answer

_NO_USAGE = {"total_tokens": 0, "completion_tokens": 0, "prompt_tokens": 0, "cached_tokens": 0}


@dataclass(frozen=True, kw_only=True)
class ItemSample:
    """An answer, or the reason why there is none."""

    graded: Sample | None
    """What graders see; None when sampling broke."""
    wire: Mapping[str, Any]
    """What the output item shows."""
    usage: Mapping[str, ModelUsage]
    """What it cost, by model."""


def sampled(question: EvalQuestion, answer: Answer, *, seconds: float) -> ItemSample:
    """Return an answer that was asked for, and took so many seconds of this machine."""
    choice = answer.choices[0]
    calls = [_written_call(call) for call in choice.tool_calls]
    text = choice.text or choice.refusal
    output = {"role": "assistant", "content": text}
    model, counts = answer.model.name, _counts(answer.usage)
    given = {
        **sample_of_answer(text, calls).given,
        "model": model,
        "input": question.asked,
        "finish_reason": choice.finish_reason,
        "usage": counts,
    }
    wire = {
        **_wire(question.asked, [{**output, "tool_calls": calls} if calls else output]),
        "finish_reason": choice.finish_reason,
        "model": model,
        "usage": counts,
        "temperature": question.plan.temperature,
        "max_completion_tokens": answer.room,
        "top_p": question.plan.top_p,
        "seed": question.plan.seed,
    }
    used = ModelUsage(
        invocations=1,
        prompt_tokens=counts["prompt_tokens"],
        completion_tokens=counts["completion_tokens"],
        cached_tokens=counts["cached_tokens"],
        seconds=seconds,
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
    """Return what is recorded of an item that no answer could be had for."""
    problem = {"code": error.code or "server_error", "message": error.message}
    wire = {
        **_wire([], []),
        "finish_reason": "",
        "model": "",
        "usage": _NO_USAGE,
        "error": problem,
    }
    return ItemSample(graded=None, wire=wire, usage={})


def _wire(asked: Sequence[Any], output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "input": asked,
        "output": output,
        "error": None,
        "temperature": None,
        "max_completion_tokens": None,
        "top_p": None,
        "seed": None,
    }


def _written_call(call: AnswerCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _counts(usage: AnswerUsage | None) -> dict[str, int]:
    if usage is None:
        return _NO_USAGE
    return {
        "total_tokens": usage.total_tokens,
        "completion_tokens": usage.completion_tokens,
        "prompt_tokens": usage.prompt_tokens,
        "cached_tokens": usage.cached_tokens,
    }
