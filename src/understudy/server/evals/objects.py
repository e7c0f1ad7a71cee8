"""Evals, runs, items and grades as the objects that stand on the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from understudy.graders.grade import Grade
from understudy.schemas.evals.evals import Eval
from understudy.schemas.evals.grader_runs import GraderErrors, GraderRun, JudgeUsage, RunMetadata
from understudy.schemas.evals.imports import ImportedFrom
from understudy.schemas.evals.results import (
    CriterionCounts,
    EvalRun,
    ModelUsageCounts,
    OutputItem,
    ResultCounts,
    RunError,
)
from understudy.storage.tables.evals import EvalItemRow, EvalRow, EvalRunRow


def eval_object(row: EvalRow) -> Eval:
    """Write an eval."""
    return Eval(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        metadata=row.pairs,
        data_source_config=row.data_source_config,
        testing_criteria=row.testing_criteria,
        imported=_imported(row.imported),
    )


def run_object(row: EvalRunRow) -> EvalRun:
    """Write a run; its counts are those of the items that are done."""
    return EvalRun(
        id=row.id,
        eval_id=row.eval_id,
        status=row.status,
        model=row.model,
        name=row.name,
        created_at=row.created_at,
        finished_at=row.finished_at,
        report_url=row.report_url,
        result_counts=ResultCounts(
            total=row.total, errored=row.errored, failed=row.failed, passed=row.passed
        ),
        per_model_usage=_usage(row.usage),
        per_testing_criteria_results=[
            CriterionCounts(
                testing_criteria=criterion, passed=counts["passed"], failed=counts["failed"]
            )
            for criterion, counts in row.criteria.items()
        ],
        repeats=row.repeats,
        data_source=row.data_source,
        metadata=row.pairs,
        error=_error(row),
        imported=_imported(row.imported),
    )


def item_object(row: EvalItemRow, run: EvalRunRow) -> OutputItem:
    """Write an item of a run."""
    return OutputItem(
        id=row.id,
        run_id=row.run_id,
        eval_id=run.eval_id,
        created_at=row.created_at,
        status=row.status,
        datasource_item_id=row.number // run.repeats,
        datasource_item=row.item,
        results=row.results,
        sample=row.sample,
    )


def grader_run_object(graded: Grade) -> GraderRun:
    """Write what grading one sample gave."""
    finding = graded.finding
    usage = {
        model: JudgeUsage(
            prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens,
            total_tokens=used.total_tokens,
            cached_tokens=used.cached_tokens,
        )
        for model, used in finding.usage.items()
    }
    return GraderRun(
        reward=graded.score,
        sub_rewards=finding.scores,
        metadata=RunMetadata(
            name=graded.name,
            type=graded.type,
            errors=GraderErrors(**asdict(graded.errors)),
            execution_time=graded.execution_seconds,
            scores=finding.scores,
            token_usage=sum(used.total_tokens for used in usage.values()) if usage else None,
            sampled_model_name=finding.judge,
            problem=graded.problem,
            evidence=finding.evidence,
        ),
        model_grader_token_usage_per_model=usage,
    )


def _imported(origin: Mapping[str, Any] | None) -> ImportedFrom | None:
    return None if origin is None else ImportedFrom(**origin)


def _usage(models: Mapping[str, Mapping[str, Any]]) -> Sequence[ModelUsageCounts]:
    return [
        ModelUsageCounts(
            model_name=model,
            invocation_count=used["invocations"],
            prompt_tokens=used["prompt_tokens"],
            completion_tokens=used["completion_tokens"],
            total_tokens=used["prompt_tokens"] + used["completion_tokens"],
            cached_tokens=used["cached_tokens"],
        )
        for model, used in models.items()
    ]


def _error(row: EvalRunRow) -> RunError | None:
    if row.error_code is None or row.error_message is None:
        return None
    return RunError(code=row.error_code, message=row.error_message)
