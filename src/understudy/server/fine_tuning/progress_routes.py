"""Our own route below /v1/x/ by which a job is followed: one cheap question a second."""

from typing import Annotated

from fastapi import APIRouter, Query

from understudy.jobs.following import RECORDED_AT, JobNews, read_news
from understudy.schemas.base import WholeNumber
from understudy.schemas.fine_tuning.progress import JobProgress, JobSteps
from understudy.server.fine_tuning.objects import checkpoint_object, event_object, job_object
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/fine_tuning/jobs")


@router.get("/{job_id}/progress")
def progress(
    job_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: Annotated[WholeNumber, Query()] = 0,
) -> JobProgress:
    """Show a job, and what happened to it behind the cursor of an earlier answer."""
    news = read_news(services.database, project.id, job_id, after=after)
    return JobProgress(
        job=job_object(news.job),
        queue_place=news.queue_place,
        cursor=news.cursor,
        has_more=news.has_more,
        steps=_steps(news),
        events=[event_object(event) for event in news.messages],
        checkpoints=[checkpoint_object(checkpoint) for checkpoint in news.checkpoints],
    )


def _steps(news: JobNews) -> JobSteps:
    measured = sorted(news.metrics, key=lambda values: values["step"])
    names = sorted(
        {name for values in measured for name in values} - {"step", "total_steps", RECORDED_AT}
    )
    return JobSteps(
        step=[int(values["step"]) for values in measured],
        recorded_at=[int(values[RECORDED_AT]) for values in measured],
        total_steps=int(measured[-1]["total_steps"]) if measured else None,
        series={name: [values.get(name) for values in measured] for name in names},
    )
