"""Our own route below /v1/x/ that tells what the server does at this moment."""

import asyncio

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

import understudy
from understudy.errors import UnavailableError
from understudy.inference.protocol import EngineStats
from understudy.jobs.lifecycle import FINISHED
from understudy.schemas.admin.overview import ActiveJob, EngineActivity, Overview
from understudy.server.admin.machine import look_at_machine
from understudy.server.http.auth import CurrentProject
from understudy.server.services import Services, ServicesDep
from understudy.storage.files import count_files
from understudy.storage.jobs.events import last_metrics
from understudy.storage.jobs.jobs import count_by_status, unended_jobs
from understudy.storage.models import count_final_models
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.projects import ProjectRow

router = APIRouter(prefix="/x/overview")

_PATIENCE_SECONDS = 1.0
_MOST_ACTIVE = 100


@router.get("")
async def overview(services: ServicesDep, project: CurrentProject) -> Overview:
    """Show the project's jobs, the machine and the engine."""
    stats = await _engine_stats(services)
    return await run_in_threadpool(_overview, services, project, stats)


async def _engine_stats(services: Services) -> EngineStats | None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await services.engine.stats()
    except (UnavailableError, TimeoutError):
        return None


def _overview(services: Services, project: ProjectRow, stats: EngineStats | None) -> Overview:
    with services.database.read() as session:
        active = unended_jobs(session, project.id, FINISHED, limit=_MOST_ACTIVE)
        return Overview(
            version=understudy.__version__,
            project=project.name,
            organization=services.organization,
            jobs=count_by_status(session, project.id),
            active=[_active_job(session, row) for row in active],
            files=count_files(session, project.id),
            tuned_models=count_final_models(session, project.id),
            machine=look_at_machine(services.blobs.root),
            engine=stats and _engine_activity(services, stats),
        )


def _active_job(session: Session, row: JobRow) -> ActiveJob:
    metrics = last_metrics(session, row.id) or {}
    return ActiveJob(
        id=row.id,
        status=row.status,
        model=row.model,
        suffix=row.suffix,
        created_at=row.created_at,
        estimated_finish=row.estimated_finish,
        step=metrics.get("step"),
        total_steps=metrics.get("total_steps"),
    )


def _engine_activity(services: Services, stats: EngineStats) -> EngineActivity:
    names = {str(base.directory): base.name for base in services.catalogue().bases.values()}
    return EngineActivity(
        bases=[names.get(directory, "?") for directory in stats.bases],
        adapters=stats.adapters,
        running=stats.running,
        waiting=stats.waiting,
        generated_tokens=stats.generated_tokens,
    )
