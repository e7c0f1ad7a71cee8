"""What is kept of a response: the row of a whole one, and how an unfinished row changes."""

import json
from typing import Literal

from sqlalchemy.orm import Session

from understudy.answering.prompt import AnyPrompt, TokenHistory
from understudy.answering.remote.prompt import RemotePrompt
from understudy.answering.responses.plan import ResponsePlan
from understudy.schemas.responses.objects import ResponseObject
from understudy.storage.answers.events import WrittenEvent, append_events, next_sequence_number
from understudy.storage.answers.items import index_items
from understudy.storage.database import Database
from understudy.storage.events.outbox import publish
from understudy.storage.leases import expired, lock_free
from understudy.storage.tables.answers import ResponseMetadataRow, ResponseRow

_SECONDS_A_DAY = 24 * 3600
_LOST = (
    "The server stopped while this response was being made, and what it had so far is not "
    "complete; create it again."
)


def response_row(
    plan: ResponsePlan,
    response: ResponseObject,
    *,
    project_id: str,
    days: int,
    tokens: TokenHistory | None = None,
    remote_model: str | None = None,
    lease_until: float | None = None,
) -> ResponseRow:
    """Return the row of a response that is kept for `days` days."""
    return ResponseRow(
        id=response.id,
        project_id=project_id,
        model=response.model,
        remote_model=remote_model,
        created_at=response.created_at,
        expires_at=response.created_at + days * _SECONDS_A_DAY,
        status=response.status,
        is_background=plan.is_background,
        is_streamed=plan.answer.is_streamed,
        lease_until=lease_until,
        instructions=response.instructions,
        user=response.user,
        temperature=response.temperature,
        top_p=response.top_p,
        reasoning_effort=response.reasoning.effort,
        input=[item.model_dump(mode="json") for item in plan.items],
        body=response.model_dump(mode="json"),
        token_ids=None if tokens is None else list(tokens.ids),
        renderer_hash=None if tokens is None else tokens.renderer_hash,
        pairs=[ResponseMetadataRow(key=k, value=v) for k, v in response.metadata.items()],
    )


def token_history(prompt: AnyPrompt, answer_ids: tuple[int, ...]) -> TokenHistory | None:
    """Return what a model has read and written once it has answered; None for a remote one."""
    if isinstance(prompt, RemotePrompt):
        return None
    return TokenHistory(renderer_hash=prompt.model.renderer.hash, ids=(*prompt.ids, *answer_ids))


def write_end(
    session: Session,
    row: ResponseRow,
    response: ResponseObject,
    tokens: TokenHistory | None,
    now: float,
    remote_model: str | None = None,
) -> None:
    """Record that a background response has ended, and publish its end."""
    row.remote_model = remote_model
    row.body = response.model_dump(mode="json")
    index_items(session, row.id, (item.id for item in response.output))
    if tokens is not None:
        row.token_ids, row.renderer_hash = list(tokens.ids), tokens.renderer_hash
    _end(session, row, response.status, now)


def cancel_row(session: Session, row: ResponseRow, now: float) -> None:
    """Record that an unfinished response is not wanted any more."""
    row.body = {**row.body, "status": "cancelled"}
    _end(session, row, "cancelled", now)


def fail_orphans(database: Database) -> None:
    """Record as failed what was being made by a process that is gone."""
    with database.write() as session:
        now = database.now(session)
        for row in lock_free(session, expired(ResponseRow, now)):
            fail_row(session, row, _LOST, now)


def fail_row(session: Session, row: ResponseRow, message: str, now: float) -> None:
    """Record that an unfinished response has failed; a stream of it ends with that."""
    error = {"code": "server_error", "message": message}
    row.body = {**row.body, "status": "failed", "error": error}
    if row.is_streamed:
        append_events(session, row.id, [_failed_event(session, row)])
    _end(session, row, "failed", now)


def _failed_event(session: Session, row: ResponseRow) -> WrittenEvent:
    number, type = next_sequence_number(session, row.id), "response.failed"
    data = {"type": type, "sequence_number": number, "response": row.body}
    return WrittenEvent(number, type, json.dumps(data))


def _end(
    session: Session,
    row: ResponseRow,
    status: Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"],
    now: float,
) -> None:
    row.status = status
    row.lease_until = None
    publish(
        session,
        project_id=row.project_id,
        type=f"response.{status}",
        object_id=row.id,
        created_at=int(now),
    )
