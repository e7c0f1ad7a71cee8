"""The runner's part of a job's report card: which one waits, and how it ends."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from understudy.answering.decisions.probabilities import LabelCalibration
from understudy.storage.database import Database
from understudy.storage.evals.report_cards import COMPLETED, FAILED, QUEUED
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.models import calibrate_model
from understudy.storage.tables.evals import JobReportRow
from understudy.wording import Sentence, worded
from understudy.work.lease import Hold, free, held
from understudy.work.policy import LeasePolicy

_GAVE_UP = worded(
    "card.given_up",
    "The report card was given up after several attempts; the runner's log says why.",
)


def complete(
    db: Database,
    hold: Hold[JobReportRow],
    card: Mapping[str, Any],
    sentence: Sentence,
    calibration: LabelCalibration | None = None,
) -> None:
    """Record a card, its sentence as an event of the job, and what the model chooses from.

    Raises LeaseLostError.
    """
    with db.write() as session:
        report = held(session, hold)
        if calibration is not None:
            calibrate_model(session, report.job_id, calibration.to_json())
        report.card = dict(card)
        _end(session, report, COMPLETED, sentence, db.now(session))


def fail(db: Database, hold: Hold[JobReportRow], message: str) -> None:
    """End a card that cannot be made; the job has succeeded all the same."""
    with db.write() as session:
        report = held(session, hold)
        report.error_message = message
        _end(session, report, FAILED, _none(message), db.now(session))


def _give_up(session: Session, report: JobReportRow, now: float) -> None:
    report.error_message = _GAVE_UP
    _end(session, report, FAILED, _none(_GAVE_UP), now)


def _none(why: str) -> Sentence:
    return worded("card.none", "No report card: {why}", why=why)


def _end(
    session: Session, report: JobReportRow, status: str, message: Sentence, now: float
) -> None:
    report.status = status
    report.finished_at = int(now)
    free(report)
    numbers = {
        k: v for k, v in (report.card or {}).items() if k not in ("samples", "sentence", "wording")
    }
    event = NewEvent(
        # A card that is made again is a further fact.
        key=f"report_card:{report.epoch}",
        message=message,
        level="info" if status == COMPLETED else "warn",
        data=numbers,
    )
    append_event(session, report.job_id, event, created_at=int(now))


REPORTS = LeasePolicy(
    row=JobReportRow,
    order=JobReportRow.created_at,
    statuses=frozenset({QUEUED}),
    backoff_seconds=(0.0, 0.0, 2.0, 8.0, 30.0),
    max_stalled_attempts=8,
    give_up=_give_up,
)
"""Report cards, for whoever takes them by lease."""
