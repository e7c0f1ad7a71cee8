"""How much work of each kind there is on a server, whatever its project."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from understudy.storage.tables.batches import BatchRow
from understudy.storage.tables.distillations import DistillationRow
from understudy.storage.tables.evals import EvalRunRow, JobReportRow
from understudy.storage.tables.exports import ExportRow
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.leased import LeasedRow
from understudy.storage.tables.releases import ReleaseCheckRow
from understudy.storage.tables.webhooks import WebhookDeliveryRow

_KINDS: Mapping[str, type[LeasedRow]] = {
    "batch": BatchRow,
    "distillation": DistillationRow,
    "eval_run": EvalRunRow,
    "export": ExportRow,
    "fine_tuning_job": JobRow,
    "release_check": ReleaseCheckRow,
    "report_card": JobReportRow,
    "webhook_delivery": WebhookDeliveryRow,
}


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The rows that workers claim, by kind."""

    counts: Mapping[str, Mapping[str, int]]
    """How many rows of each kind have each status."""
    held: Mapping[str, int]
    """How many rows of each kind a worker holds."""


def workload(session: Session) -> Workload:
    """Count the rows of every kind of work."""
    counts: dict[str, dict[str, int]] = {}
    held: dict[str, int] = {}
    for kind, row in _KINDS.items():
        by_status = select(row.status, func.count()).group_by(row.status)
        counts[kind] = dict(session.execute(by_status).all())
        of_workers = select(func.count()).where(row.lease_until.is_not(None))
        held[kind] = session.scalar(of_workers) or 0
    return Workload(counts=counts, held=held)
