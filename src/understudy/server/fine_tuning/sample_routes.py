"""Our own route on jobs, below /v1/x/: what a reinforcement job's model answers, and its grades."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query

from understudy.evals.validation_samples import GradedSample, read_samples
from understudy.jobs import service
from understudy.schemas.base import WholeNumber
from understudy.schemas.fine_tuning.samples import JobSamplesObject, SampleObject
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/fine_tuning/jobs")


@router.get("/{job_id}/samples")
def samples(
    job_id: str,
    services: ServicesDep,
    project: CurrentProject,
    step: Annotated[WholeNumber | None, Query()] = None,
) -> JobSamplesObject:
    """Show the best, the worst and always the same answers of a validation, the latest by default.

    A job of another method has no validations with answers.
    """
    job = service.get_job(services.database, project.id, job_id)
    found = read_samples(services.database, project.id, job.eval_id, job.id, step=step)
    shown = found.shown
    return JobSamplesObject(
        job_id=job.id,
        eval_id=job.eval_id,
        run_id=None if shown is None else shown.run.id,
        steps=found.steps,
        step=None if shown is None else shown.step,
        best=_objects(() if shown is None else shown.best),
        worst=_objects(() if shown is None else shown.worst),
        random=_objects(() if shown is None else shown.random),
    )


def _objects(samples: Iterable[GradedSample]) -> list[SampleObject]:
    return [
        SampleObject(
            output_item_id=sample.row.id,
            messages=sample.row.sample["input"],
            answer=sample.row.sample["output"][0]["content"] or "",
            tool_calls=sample.row.sample["output"][0].get("tool_calls") or [],
            finish_reason=sample.row.sample["finish_reason"],
            item=sample.row.item,
            reward=sample.reward,
            shadow_reward=sample.shadow_reward,
            problem=sample.problem,
        )
        for sample in samples
    ]
