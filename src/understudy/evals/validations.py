"""The eval of a job that learns from graded answers, and its runs: one for each validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from understudy.evals.data_schema import custom_schema
from understudy.evals.recording import ModelUsage, NewItem
from understudy.evals.status import ItemStatus, RunStatus
from understudy.ids import criterion_id, new_id
from understudy.storage.tables.evals import EvalItemRow, EvalRow, EvalRunRow

SHADOW = "shadow_grader"
"""The name of the criterion that is watched and trains nothing."""


@dataclass(frozen=True, kw_only=True)
class Validation:
    """What a job's model made of all held-out prompts after one of its steps."""

    job_id: str
    step: int
    model: str
    """The checkpoint that answered."""
    rows_blob: str
    """Prompts and answers, as the rows of a run."""
    validation_file: str
    items: Sequence[NewItem]


def job_eval(
    *,
    job_id: str,
    project_id: str,
    grader: Mapping[str, Any],
    shadow_grader: Mapping[str, Any] | None,
    items: Sequence[Mapping[str, Any]],
    now: int,
) -> EvalRow:
    """Return the eval that a job's validations are runs of; `items` are the held-out ones."""
    graders = [dict(grader)]
    if shadow_grader is not None:
        graders.append({**shadow_grader, "name": SHADOW})
    schema = {"type": "object", "properties": {key: {} for item in items for key in item}}
    return EvalRow(
        id=new_id("eval_"),
        project_id=project_id,
        name=f"Validation of {job_id}",
        created_at=now,
        updated_at=now,
        pairs={"job": job_id},
        data_source_config={
            "type": "custom",
            "schema": custom_schema(schema, has_sample=True),
        },
        testing_criteria=[{**each, "id": criterion_id(each["name"])} for each in graders],
    )


def validation_run(
    owner: EvalRow, validation: Validation, *, now: int
) -> tuple[EvalRunRow, list[EvalItemRow]]:
    """Return a run that has ended, with its items; the same step always gives a run of one id."""
    digest = sha256(f"{validation.job_id}:{validation.step}".encode()).hexdigest()
    run_id = f"evalrun_{digest[:24]}"
    items = validation.items
    statuses = [item.status for item in items]
    criteria = {criterion["id"]: {"passed": 0, "failed": 0} for criterion in owner.testing_criteria}
    for item in items:
        for id_, has_passed in item.judged.items():
            criteria[id_]["passed" if has_passed else "failed"] += 1
    run = EvalRunRow(
        id=run_id,
        eval_id=owner.id,
        project_id=owner.project_id,
        name=f"Step {validation.step}",
        model=validation.model,
        status=RunStatus.COMPLETED,
        created_at=now,
        finished_at=now,
        pairs={"job": validation.job_id, "step": str(validation.step)},
        data_source={
            "type": "jsonl",
            "source": {"type": "file_id", "id": validation.validation_file},
        },
        rows_blob=validation.rows_blob,
        report_url=f"/evals/{owner.id}/runs/{run_id}",
        repeats=1,
        total=len(items),
        passed=statuses.count(ItemStatus.PASS),
        failed=statuses.count(ItemStatus.FAIL),
        errored=statuses.count(ItemStatus.ERRORED),
        criteria=criteria,
        usage=_usage(items),
    )
    return run, [_row(run_id, item, now) for item in items]


def _usage(items: Sequence[NewItem]) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = {}
    for item in items:
        for model, used in item.usage.items():
            counts = totals.setdefault(model, dict.fromkeys(_COUNTS, 0))
            for name in _COUNTS:
                counts[name] += getattr(used, name)
    return totals


_COUNTS = tuple(ModelUsage.__dataclass_fields__)


def _row(run_id: str, item: NewItem, now: int) -> EvalItemRow:
    return EvalItemRow(
        run_id=run_id,
        number=item.number,
        id=new_id("outputitem_"),
        created_at=now,
        status=item.status,
        item_key=item.item_key,
        item=dict(item.item),
        results=[dict(result) for result in item.results],
        sample=dict(item.sample),
    )
