"""What a run shows: its counts while it runs, and its items."""

from collections.abc import Sequence
from typing import Any, Literal

from understudy.schemas.base import WireObject
from understudy.schemas.evals.imports import ImportedFrom
from understudy.schemas.lists import HasId


class ResultCounts(WireObject):
    """What became of the items so far; those that wait are in `total` alone."""

    total: int
    errored: int
    failed: int
    passed: int


class CriterionCounts(WireObject):
    """What one criterion said of the items so far."""

    testing_criteria: str
    """The criterion's id."""
    passed: int
    failed: int


class ModelUsageCounts(WireObject):
    """What the run asked of one model, as the one under test or as a judge."""

    model_name: str
    invocation_count: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int


class RunError(WireObject):
    """Why a run failed, or why there is no answer to grade."""

    code: str
    message: str


class EvalRun(HasId):
    """A run."""

    object: Literal["eval.run"] = "eval.run"
    eval_id: str
    status: str
    model: str
    name: str
    created_at: int
    finished_at: int | None
    """Ours: when it ended."""
    report_url: str
    result_counts: ResultCounts
    per_model_usage: Sequence[ModelUsageCounts]
    per_testing_criteria_results: Sequence[CriterionCounts]
    repeats: int
    """Ours: how often each row is asked; the counts are those of all answers."""
    data_source: dict[str, Any]
    metadata: dict[str, str]
    error: RunError | None
    """Null without an error: an empty object would be true in users' programs."""
    imported: ImportedFrom | None
    """Ours: where a run that is history came from; null for a run that was made here."""


class RunDeleted(WireObject):
    """The answer to the deletion of a run."""

    object: Literal["eval.run.deleted"] = "eval.run.deleted"
    deleted: Literal[True] = True
    run_id: str


class OutputItem(HasId):
    """What a run made of one row."""

    object: Literal["eval.run.output_item"] = "eval.run.output_item"
    run_id: str
    eval_id: str
    created_at: int
    status: str
    """`pass` or `fail` as at OpenAI, or `errored` when the item says nothing about the model."""
    datasource_item_id: int
    datasource_item: dict[str, Any]
    results: Sequence[dict[str, Any]]
    sample: dict[str, Any]
