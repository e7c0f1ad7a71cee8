"""The application: every router, inside the edge and the error handlers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI

from understudy.server.admin import (
    capability_routes,
    health_routes,
    key_routes,
    metrics_routes,
    overview_routes,
    usage_routes,
)
from understudy.server.bases import routes as bases
from understudy.server.batches import routes as batches
from understudy.server.batches.worker import take_batches
from understudy.server.chat import routes as chat
from understudy.server.completions import routes as completions
from understudy.server.dashboard.routes import DashboardSite
from understudy.server.decisions import routes as decisions
from understudy.server.distillations import routes as distillations
from understudy.server.embeddings import routes as embeddings
from understudy.server.evals import (
    agreement_routes,
    comparison_routes,
    grader_routes,
    import_routes,
    pair_routes,
    run_routes,
)
from understudy.server.evals import routes as evals
from understudy.server.evals import search_routes as eval_search
from understudy.server.files import (
    image_routes,
    line_routes,
    repair_routes,
    report_routes,
    split_routes,
    upload_routes,
)
from understudy.server.files import routes as files
from understudy.server.files import search_routes as file_search
from understudy.server.files.editing import routes as file_edits
from understudy.server.fine_tuning import (
    estimate_routes,
    permission_routes,
    progress_routes,
    report_card_routes,
    sample_routes,
    screening_routes,
)
from understudy.server.fine_tuning import routes as fine_tuning
from understudy.server.fine_tuning import search_routes as job_search
from understudy.server.history import leaving_routes
from understudy.server.history import routes as history
from understudy.server.housekeeping import keep_house
from understudy.server.http.body_memory import BodyMemory
from understudy.server.http.edge import Edge
from understudy.server.http.errors import install_error_handlers
from understudy.server.http.request_metrics import RequestMetrics
from understudy.server.logs import chat_routes as stored_chat
from understudy.server.logs import import_routes as log_imports
from understudy.server.logs import routes as logs
from understudy.server.models import (
    alias_routes,
    export_routes,
    kept_routes,
    release_routes,
    shadow_routes,
)
from understudy.server.models import routes as models
from understudy.server.moderations import routes as moderations
from understudy.server.responses import item_routes
from understudy.server.responses import routes as responses
from understudy.server.services import Services
from understudy.server.webhooks import delivery_routes
from understudy.server.webhooks import routes as webhooks

RESOURCES = (
    files,
    upload_routes,
    fine_tuning,
    permission_routes,
    grader_routes,
    models,
    chat,
    stored_chat,
    completions,
    embeddings,
    batches,
    decisions,
    moderations,
    responses,
    item_routes,
    evals,
    run_routes,
    webhooks,
    # Ours, below /v1/x/.
    report_routes,
    repair_routes,
    file_search,
    job_search,
    eval_search,
    image_routes,
    line_routes,
    file_edits,
    split_routes,
    progress_routes,
    estimate_routes,
    report_card_routes,
    sample_routes,
    screening_routes,
    comparison_routes,
    import_routes,
    agreement_routes,
    pair_routes,
    logs,
    log_imports,
    alias_routes,
    shadow_routes,
    export_routes,
    delivery_routes,
    release_routes,
    kept_routes,
    distillations,
    history,
    leaving_routes,
    capability_routes,
    key_routes,
    overview_routes,
    usage_routes,
    bases,
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
    app.state.is_local = only_local_hosts
    install_error_handlers(app)
    add_routes(app)
    app.router.default = DashboardSite(services.dashboard, unknown=app.router.default)
    app.state.requests = RequestMetrics()
    app.state.bodies = BodyMemory()
    app.add_middleware(
        Edge,
        organization=services.organization,
        only_local_hosts=only_local_hosts,
        requests=app.state.requests,
        bodies=app.state.bodies,
    )
    return app


def add_routes(app: FastAPI) -> None:
    """Add every route of the API, OpenAI's and our own below /v1/x/."""
    app.include_router(health_routes.router)
    app.include_router(metrics_routes.router)
    api = APIRouter(prefix="/v1")
    for resource in RESOURCES:
        api.include_router(resource.router)
    app.include_router(api)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    services: Services = app.state.services
    await asyncio.to_thread(services.bases.launcher.resume)
    tasks = (
        asyncio.create_task(keep_house(services.database, services.blobs)),
        asyncio.create_task(take_batches(app, services)),
    )
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(services.bases.launcher.close)
        await services.sandbox.close()
        await services.background.close()
        await services.traffic.close()
        await services.usage.close()
        await services.served.remotes.close()
        await services.engine.close()
        services.database.close()
