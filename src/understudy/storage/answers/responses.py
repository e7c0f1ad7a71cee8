"""Responses as they are kept: stored ones for their time, background ones while they are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.answers.filters import ResponseFilter, filtered_responses
from understudy.storage.answers.items import index_items
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.answers import ResponseMetadataRow, ResponseRow

UNFINISHED = ("queued", "in_progress")
"""The states of a response that is still being made."""


@dataclass(frozen=True, kw_only=True)
class NewResponse:
    """What a response's row says when it is made."""

    id: str
    project_id: str
    model: str
    created_at: int
    expires_at: int
    status: str
    is_background: bool
    is_streamed: bool
    lease_until: float | None
    instructions: str | None
    user: str | None
    temperature: float
    top_p: float
    reasoning_effort: str | None
    input: list[dict[str, Any]]
    """The items of the whole conversation before the answer."""
    item_ids: Sequence[str]
    """The ids of the items that this response adds to those of the one that it continues."""
    body: dict[str, Any]
    """The `response` object."""
    token_ids: list[int] | None
    renderer_hash: str | None
    metadata: Mapping[str, str]


def insert_response(session: Session, new: NewResponse) -> ResponseRow:
    """Store a response."""
    row = ResponseRow(
        id=new.id,
        project_id=new.project_id,
        model=new.model,
        created_at=new.created_at,
        expires_at=new.expires_at,
        status=new.status,
        is_background=new.is_background,
        is_streamed=new.is_streamed,
        lease_until=new.lease_until,
        instructions=new.instructions,
        user=new.user,
        temperature=new.temperature,
        top_p=new.top_p,
        reasoning_effort=new.reasoning_effort,
        input=new.input,
        body=new.body,
        token_ids=new.token_ids,
        renderer_hash=new.renderer_hash,
        pairs=[ResponseMetadataRow(key=key, value=value) for key, value in new.metadata.items()],
    )
    session.add(row)
    session.flush()
    index_items(session, row.id, new.item_ids)
    return row


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
        raise NotFoundError(f"Response with id '{response_id[:200]}' not found.")
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
    return read_page(
        session,
        filtered_responses(query, conditions),
        ResponseRow.seq,
        identifier=ResponseRow.id,
        cursor=cursor,
    )


def delete_response(session: Session, project_id: str, response_id: str) -> None:
    """Delete a project's response; raises NotFoundError. Those that continue it stay whole."""
    session.delete(get_response(session, project_id, response_id))


def delete_expired_responses(session: Session, now: float) -> None:
    """Delete the responses whose time is over."""
    session.execute(delete(ResponseRow).where(ResponseRow.expires_at <= now))
