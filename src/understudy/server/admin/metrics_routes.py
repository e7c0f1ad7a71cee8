"""`/metrics`: what Prometheus and whoever reads its format collect."""

import asyncio

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool

from understudy.server.admin.machine import look_at_machine
from understudy.server.admin.metrics import server_metrics
from understudy.server.admin.probes import engine_stats
from understudy.server.admin.service import count_work
from understudy.server.http.auth import CurrentProject
from understudy.server.http.request_metrics import RequestMetrics
from understudy.server.services import ServicesDep

router = APIRouter()

_PATIENCE_SECONDS = 1.0


class _Collected(Collector):
    """Metrics that were read for one request."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        """Return them."""
        return self._metrics


@router.get("/metrics")
async def metrics(request: Request, services: ServicesDep, _: CurrentProject) -> Response:
    """Show requests, work, engine and disk as numbers of the whole server; any key opens them."""
    stats, work = await asyncio.gather(
        engine_stats(services.engine, patience_seconds=_PATIENCE_SECONDS),
        run_in_threadpool(count_work, services.database),
    )
    requests: RequestMetrics = request.app.state.requests
    collected = CollectorRegistry()
    machine = look_at_machine(services.blobs.root)
    collected.register(_Collected(list(server_metrics(work, machine, stats))))
    text = generate_latest(requests.registry) + generate_latest(collected)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
