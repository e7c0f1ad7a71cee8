"""Our own route below /v1/x/ that searches a project's jobs."""

from typing import Annotated

from fastapi import APIRouter, Query

from understudy.jobs import service
from understudy.jobs.lifecycle import JobStatus
from understudy.schemas.fine_tuning.jobs import FineTuningJob
from understudy.schemas.lists import Cursor, Page
from understudy.server.fine_tuning.objects import job_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.lists import Limit, page_object
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/fine_tuning/jobs")


@router.get("")
def search(
    services: ServicesDep,
    project: CurrentProject,
    q: Annotated[str, Query(max_length=512)] = "",
    status: JobStatus | None = None,
    after: str | None = None,
    limit: Limit = 20,
) -> Page[FineTuningJob]:
    """List the jobs in a status whose id, model, suffix or metadata holds a text, newest first."""
    cursor = Cursor(after=after, limit=limit)
    page = service.search_jobs(
        services.database, project.id, text=q.strip(), status=status, cursor=cursor
    )
    return page_object(page, job_object)
