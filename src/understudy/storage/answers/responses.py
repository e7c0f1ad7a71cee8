"""Responses as they are kept: stored ones for their time, background ones while they are made."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.answers.filters import ResponseFilter, filtered_responses
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.answers import ResponseRow
from understudy.wording import worded

UNFINISHED = ("queued", "in_progress")
"""The states of a response that is still being made."""


def find_response(session: Session, project_id: str, response_id: str) -> ResponseRow | None:
    """Return a project's response, or None when it has none of that id."""
    query = select(ResponseRow).where(
        ResponseRow.project_id == project_id, ResponseRow.id == response_id
    )
    return session.scalar(query)


def get_response(session: Session, project_id: str, response_id: str) -> ResponseRow:
    """Return a project's response; raises NotFoundError, also for another project's id."""
    row = find_response(session, project_id, response_id)
    if row is None:
        raise NotFoundError(
            worded(
                "api.response_id_not_found",
                "Response with id '{response_id}' not found.",
                response_id=response_id[:200],
            )
        )
    return row


def response_of_id(session: Session, response_id: str) -> ResponseRow | None:
    """Return a response, of whichever project, or None."""
    return session.scalar(select(ResponseRow).where(ResponseRow.id == response_id))


def lock_unfinished_response(session: Session, response_id: str) -> ResponseRow | None:
    """Return a response that is still being made, held by this transaction, or None."""
    query = select(ResponseRow).where(
        ResponseRow.id == response_id, ResponseRow.status.in_(UNFINISHED)
    )
    return session.scalar(query.with_for_update())


def renew_leases(session: Session, response_ids: Sequence[str], until: float) -> set[str]:
    """Keep the hold on responses that are being made; returns those that still are."""
    held = ResponseRow.id.in_(response_ids), ResponseRow.status.in_(UNFINISHED)
    session.execute(update(ResponseRow).where(*held).values(lease_until=until))
    return set(session.scalars(select(ResponseRow.id).where(*held)))


def list_responses(
    session: Session,
    project_id: str,
    conditions: ResponseFilter,
    cursor: Cursor,
) -> Page[ResponseRow]:
    """Return one page of a project's responses for which the conditions hold."""
    query = select(ResponseRow).where(ResponseRow.project_id == project_id)
    return read_page(session, filtered_responses(query, conditions), ResponseRow.seq, cursor)


def delete_response(session: Session, project_id: str, response_id: str) -> None:
    """Delete a project's response; raises NotFoundError. Those that continue it stay whole."""
    session.delete(get_response(session, project_id, response_id))
