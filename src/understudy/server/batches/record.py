"""What is written of a batch while it is worked on; each write is fenced."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.schemas.batches import OUTPUT_PURPOSE, UNFINISHED, BatchError, BatchStatus
from understudy.storage.blobs import Blob
from understudy.storage.database import Database
from understudy.storage.events.outbox import publish
from understudy.storage.files.files import NewFile, insert_file
from understudy.storage.tables.batches import BatchAnswerRow, BatchRow
from understudy.work.lease import Hold, free, held
from understudy.work.policy import LeasePolicy

_GAVE_UP = BatchError(
    code="server_error",
    message=(
        "The batch was given up: time and again the process that worked on it ended before one "
        "more request was answered. The server's log says why."
    ),
)


@dataclass(frozen=True, kw_only=True)
class LineUsage:
    """What the answer to one line cost, in tokens."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class LineAnswer:
    """The answer to one line, as it will stand in a file."""

    number: int
    is_error: bool
    line: str
    usage: LineUsage


def current(db: Database, hold: Hold[BatchRow]) -> tuple[BatchRow, float]:
    """Return the row and the database's time as they are now; raises LeaseLostError."""
    with db.write() as session:
        return held(session, hold), db.now(session)


def start(db: Database, hold: Hold[BatchRow], *, total: int, model: str | None) -> None:
    """Say that the input is good and is being answered; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        row.status, row.in_progress_at = BatchStatus.IN_PROGRESS, int(db.now(session))
        row.total, row.model = total, model
        row.stalled_attempts = 0


def fail(db: Database, hold: Hold[BatchRow], errors: Sequence[BatchError]) -> None:
    """Record why a batch cannot be worked on; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        _fail(session, row, errors, db.now(session))


def record_answers(db: Database, hold: Hold[BatchRow], answers: Sequence[LineAnswer]) -> None:
    """Record answers together with the batch's counts and usage; raises LeaseLostError.

    A line whose answer is recorded already stays as it is and is not counted again.
    """
    with db.write() as session:
        row = held(session, hold)
        numbers = [answer.number for answer in answers]
        query = select(BatchAnswerRow.number).where(
            BatchAnswerRow.batch_id == row.id, BatchAnswerRow.number.in_(numbers)
        )
        known = set(session.scalars(query))
        fresh = [answer for answer in answers if answer.number not in known]
        session.add_all(_answer_row(row.id, answer) for answer in fresh)
        for answer in fresh:
            _count(row, answer)
        if fresh:
            row.stalled_attempts = 0


def start_finalizing(db: Database, hold: Hold[BatchRow]) -> None:
    """Say that every line is answered and the files are being written; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        row.status, row.finalizing_at = BatchStatus.FINALIZING, int(db.now(session))


def end(
    db: Database,
    hold: Hold[BatchRow],
    status: BatchStatus,
    *,
    outputs: Blob | None,
    errors: Blob | None,
) -> None:
    """End a batch with the files of its answers; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        now = int(db.now(session))
        row.output_file = _file(session, row, outputs, "output", now)
        row.error_file = _file(session, row, errors, "error", now)
        _end(session, row, status, now)


def _file(session: Session, row: BatchRow, blob: Blob | None, kind: str, now: int) -> str | None:
    if blob is None:
        return None
    new = NewFile(
        project_id=row.project_id,
        purpose=OUTPUT_PURPOSE,
        filename=f"{row.id}_{kind}.jsonl",
        blob=blob,
        created_at=now,
        expires_at=now + row.output_seconds,
    )
    return insert_file(session, new).id


def _fail(session: Session, row: BatchRow, errors: Sequence[BatchError], now: float) -> None:
    row.errors = [error.model_dump() for error in errors]
    _end(session, row, BatchStatus.FAILED, int(now))


def _end(session: Session, row: BatchRow, status: BatchStatus, now: int) -> None:
    row.status = status
    match status:
        case BatchStatus.COMPLETED:
            row.completed_at = now
        case BatchStatus.FAILED:
            row.failed_at = now
        case BatchStatus.EXPIRED:
            row.expired_at = now
        case _:
            row.cancelled_at = now
    free(row)
    publish(
        session,
        project_id=row.project_id,
        type=f"batch.{status}",
        object_id=row.id,
        created_at=now,
    )


def _give_up(session: Session, row: BatchRow, now: float) -> None:
    _fail(session, row, [_GAVE_UP], now)


def _answer_row(batch_id: str, answer: LineAnswer) -> BatchAnswerRow:
    return BatchAnswerRow(
        batch_id=batch_id, number=answer.number, is_error=answer.is_error, line=answer.line
    )


def _count(row: BatchRow, answer: LineAnswer) -> None:
    row.completed += not answer.is_error
    row.failed += answer.is_error
    for name, tokens in asdict(answer.usage).items():
        setattr(row, name, getattr(row, name) + tokens)


BATCHES = LeasePolicy(
    row=BatchRow,
    order=BatchRow.seq,
    statuses=UNFINISHED,
    backoff_seconds=(0.0, 0.0, 2.0, 8.0, 30.0),
    max_stalled_attempts=8,
    give_up=_give_up,
)
"""Batches, for whoever takes them by lease."""
