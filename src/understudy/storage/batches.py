"""Batches: their rows, and the answers to their lines until these are files."""

from collections.abc import Iterator

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.database import Database
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.batches import BatchAnswerRow, BatchRow
from understudy.wording import worded

_PAGE = 50
_DELETED_AT_ONCE = 1000


def find_batch(session: Session, project_id: str, batch_id: str) -> BatchRow | None:
    """Return a project's batch, or None when it has no batch of that id."""
    query = select(BatchRow).where(BatchRow.project_id == project_id, BatchRow.id == batch_id)
    return session.scalar(query)


def get_batch(session: Session, project_id: str, batch_id: str) -> BatchRow:
    """Return a project's batch; raises NotFoundError, also for another project's id."""
    row = find_batch(session, project_id, batch_id)
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_batch_found_id",
                "No batch found with id '{batch_id}'.",
                batch_id=batch_id[:100],
            ),
            param="batch_id",
        )
    return row


def list_batches(session: Session, project_id: str, cursor: Cursor) -> Page[BatchRow]:
    """Return one page of a project's batches."""
    query = select(BatchRow).where(BatchRow.project_id == project_id)
    return read_page(session, query, BatchRow.seq, cursor)


def answered_numbers(session: Session, batch_id: str) -> set[int]:
    """Return the numbers of the lines whose answers are recorded."""
    query = select(BatchAnswerRow.number).where(BatchAnswerRow.batch_id == batch_id)
    return set(session.scalars(query))


def recorded_lines(db: Database, batch_id: str, *, are_errors: bool) -> Iterator[str]:
    """Yield what is recorded, in the order of the input; some at a time are in memory."""
    last = 0
    while True:
        query = (
            select(BatchAnswerRow)
            .where(
                BatchAnswerRow.batch_id == batch_id,
                BatchAnswerRow.is_error.is_(are_errors),
                BatchAnswerRow.number > last,
            )
            .order_by(BatchAnswerRow.number)
            .limit(_PAGE)
        )
        with db.read() as session:
            rows = session.scalars(query).all()
        if not rows:
            return
        yield from (row.line for row in rows)
        last = rows[-1].number


def delete_answers(db: Database, ended: frozenset[str]) -> int:
    """Delete the recorded answers of batches in one of the `ended` states; returns how many.

    They stand in files by then. A few at a time, so that other writers need not wait long.
    """
    deleted = 0
    while True:
        with db.write() as session:
            query = (
                select(BatchAnswerRow.batch_id, BatchAnswerRow.number)
                .join(BatchRow, BatchRow.id == BatchAnswerRow.batch_id)
                .where(BatchRow.status.in_(ended))
                .limit(_DELETED_AT_ONCE)
            )
            found = session.execute(query).all()
            for batch_id in {each.batch_id for each in found}:
                numbers = [each.number for each in found if each.batch_id == batch_id]
                session.execute(
                    delete(BatchAnswerRow).where(
                        BatchAnswerRow.batch_id == batch_id, BatchAnswerRow.number.in_(numbers)
                    )
                )
        deleted += len(found)
        if len(found) < _DELETED_AT_ONCE:
            return deleted
