"""What the grades of an answer say of the item that it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from understudy.evals.recording import ModelUsage
from understudy.evals.status import ItemStatus
from understudy.graders.grade import Grade


def status_of(grades: Mapping[str, Grade]) -> ItemStatus:
    """Return what the grades of an item make of it."""
    # All criteria have to pass: one that fails decides, whatever the errored ones would have said.
    if any(not (found.is_errored or found.has_passed) for found in grades.values()):
        return ItemStatus.FAIL
    if not grades or any(found.is_errored for found in grades.values()):
        return ItemStatus.ERRORED
    return ItemStatus.PASS


def result_of(criterion: str, found: Grade) -> dict[str, Any]:
    """Return a grade by one criterion as it stands on the wire."""
    result = {
        "name": criterion,
        "type": found.type,
        "score": found.score,
        "passed": found.has_passed and not found.is_errored,
        "sample": dict(found.finding.evidence) or None,
    }
    if found.problem is not None:
        code = next((name for name, flag in found.errors.__dict__.items() if flag is True), "")
        problem = {"code": code or "other_error", "message": found.problem}
        # `failure` is the answer's own fault and counts; `error` says nothing about the answer.
        result["error" if found.is_errored else "failure"] = problem
    return result


def add_judges(usage: Mapping[str, ModelUsage], grades: Iterable[Grade]) -> dict[str, ModelUsage]:
    """Add the judges' tokens to those of the model under test."""
    totals = dict(usage)
    for found in grades:
        for model, used in found.finding.usage.items():
            before = totals.get(model, _NOTHING)
            totals[model] = replace(
                before,
                invocations=before.invocations + 1,
                prompt_tokens=before.prompt_tokens + used.prompt_tokens,
                completion_tokens=before.completion_tokens + used.completion_tokens,
                cached_tokens=before.cached_tokens + used.cached_tokens,
            )
    return totals


_NOTHING = ModelUsage(invocations=0, prompt_tokens=0, completion_tokens=0, cached_tokens=0)
