"""Our own route below /v1/x/ that shows what the server does at this moment."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

import understudy
from understudy.inference.protocol import EngineStats
from understudy.schemas.admin.overview import Overview
from understudy.server.admin.machine import look_at_machine
from understudy.server.admin.objects import active_job_object, alias_use, engine_object
from understudy.server.admin.probes import engine_stats
from understudy.server.admin.service import count_project
from understudy.server.http.auth import CurrentProject
from understudy.server.services import Services, ServicesDep

router = APIRouter(prefix="/x/overview")

_PATIENCE_SECONDS = 1.0


@router.get("")
async def overview(services: ServicesDep, project: CurrentProject) -> Overview:
    """Show the project's jobs, the machine and the engine."""
    stats = await engine_stats(services.engine, patience_seconds=_PATIENCE_SECONDS)
    return await run_in_threadpool(_overview, services, project, stats)


def _overview(services: Services, project: CurrentProject, stats: EngineStats | None) -> Overview:
    counts = count_project(services.database, project.id)
    return Overview(
        version=understudy.__version__,
        project=project.name,
        organization=services.organization,
        jobs=counts.jobs,
        active=[active_job_object(job.row, job.metrics) for job in counts.active],
        files=counts.files,
        tuned_models=counts.tuned_models,
        evals=counts.evals,
        tuned_runs=counts.tuned_runs,
        aliases=[alias_use(each) for each in counts.aliases],
        machine=look_at_machine(services.blobs.root),
        engine=stats and engine_object(stats, services.catalogue()),
    )
