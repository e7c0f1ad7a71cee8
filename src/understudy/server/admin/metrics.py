"""What a server does, in the words that Prometheus collects."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric

import understudy
from understudy.inference.protocol import EngineStats
from understudy.schemas.admin.overview import Machine
from understudy.storage.workload import Workload


def server_metrics(
    workload: Workload, machine: Machine, stats: EngineStats | None
) -> Iterable[Metric]:
    """Write the work, the engine and the disk; `stats` is None while the engine is away."""
    info = InfoMetricFamily("understudy_build", "The version of the server.")
    info.add_metric((), {"version": understudy.__version__})
    yield info
    rows = GaugeMetricFamily("understudy_work", "Rows by status.", labels=("kind", "status"))
    for kind, counts in workload.counts.items():
        for status, number in counts.items():
            rows.add_metric((kind, status), number)
    yield rows
    held = GaugeMetricFamily("understudy_work_held", "Rows that a worker holds.", labels=("kind",))
    for kind, number in workload.held.items():
        held.add_metric((kind,), number)
    yield held
    yield _gauge(
        "understudy_disk_free_bytes", "Room for files and models.", machine.disk_free_bytes
    )
    yield from _engine_metrics(stats)


def _engine_metrics(stats: EngineStats | None) -> Iterable[Metric]:
    yield _gauge("understudy_engine_up", "Whether the engine answers.", stats is not None)
    if stats is None:
        return
    requests = GaugeMetricFamily(
        "understudy_engine_requests", "Requests in the engine.", labels=("state",)
    )
    requests.add_metric(("running",), stats.running)
    requests.add_metric(("waiting",), stats.waiting)
    yield requests
    yield _gauge("understudy_engine_bases", "Base models in memory.", len(stats.bases))
    yield _gauge("understudy_engine_adapters", "Adapters in memory.", stats.adapters)
    yield CounterMetricFamily(
        "understudy_engine_generated_tokens",
        "Tokens since the engine's process started.",
        value=stats.generated_tokens,
    )


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=float(value))
