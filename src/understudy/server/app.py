"""The application: every router, behind the edge and the error handlers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI

from understudy.server.dashboard_site import DashboardSite
from understudy.server.deps import Services
from understudy.server.edge import Edge
from understudy.server.errors import install_error_handlers
from understudy.server.housekeeping import keep_house
from understudy.server.routers import (
    capabilities,
    chat,
    completions,
    eval_comparisons,
    eval_runs,
    evals,
    file_lines,
    file_reports,
    file_splits,
    files,
    fine_tuning,
    graders,
    health,
    job_estimates,
    job_progress,
    job_reports,
    keys,
    models,
    overview,
    response_items,
    responses,
    stored_chat,
    stored_lists,
)

RESOURCES = (
    files,
    fine_tuning,
    graders,
    models,
    chat,
    stored_chat,
    completions,
    responses,
    response_items,
    evals,
    eval_runs,
    # Ours, below /v1/x/.
    file_reports,
    file_lines,
    file_splits,
    job_progress,
    job_estimates,
    job_reports,
    eval_comparisons,
    stored_lists,
    capabilities,
    keys,
    overview,
)
"""Everything below /v1."""


def create_app(services: Services, *, only_local_hosts: bool) -> FastAPI:
    """Return the application; `only_local_hosts` is for servers bound to the loopback address."""
    app = FastAPI(
        title="Understudy",
        lifespan=_lifespan,
        # These would be routes of their own, outside of /v1 and of the contract.
        openapi_url=None,
        # A slash too many is an unknown URL here as it is at OpenAI.
        redirect_slashes=False,
    )
    app.state.services = services
    install_error_handlers(app)
    add_routes(app)
    app.router.default = DashboardSite(services.dashboard, unknown=app.router.default)
    app.add_middleware(Edge, organization=services.organization, only_local_hosts=only_local_hosts)
    return app


def add_routes(app: FastAPI) -> None:
    """Add every route of the API, OpenAI's and our own below /v1/x/."""
    app.include_router(health.router)
    api = APIRouter(prefix="/v1")
    for resource in RESOURCES:
        api.include_router(resource.router)
    app.include_router(api)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    services: Services = app.state.services
    house = asyncio.create_task(keep_house(services.database, services.blobs))
    try:
        yield
    finally:
        house.cancel()
        with suppress(asyncio.CancelledError):
            await house
        await services.sandbox.close()
        await services.background.close()
        await services.engine.close()
        services.database.close()
