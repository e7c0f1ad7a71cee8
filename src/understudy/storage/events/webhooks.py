"""Webhooks in the database: endpoints, and the deliveries that events make."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.ids import new_id
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.webhooks import WebhookDeliveryRow, WebhookEndpointRow
from understudy.wording import worded

PENDING = "pending"
"""The state of a delivery that is to be sent, now or later."""

MAX_ATTEMPTS = 8
"""How often an event is sent to an endpoint that does not take it."""


def find_endpoint(session: Session, project_id: str, endpoint_id: str) -> WebhookEndpointRow:
    """Return a project's endpoint; raises NotFoundError."""
    row = session.scalar(
        select(WebhookEndpointRow).where(
            WebhookEndpointRow.project_id == project_id, WebhookEndpointRow.id == endpoint_id
        )
    )
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_such_webhook_endpoint",
                "No such webhook endpoint: {endpoint_id}",
                endpoint_id=endpoint_id[:100],
            ),
            param="webhook_endpoint_id",
        )
    return row


def list_endpoints(session: Session, project_id: str, cursor: Cursor) -> Page[WebhookEndpointRow]:
    """Return one page of a project's endpoints."""
    query = select(WebhookEndpointRow).where(WebhookEndpointRow.project_id == project_id)
    return read_page(session, query, WebhookEndpointRow.seq, cursor)


def count_endpoints(session: Session, project_id: str) -> int:
    """Return how many endpoints a project has."""
    query = select(func.count()).where(WebhookEndpointRow.project_id == project_id)
    return session.scalar(query) or 0


def queue_deliveries(
    session: Session, project_id: str, *, event_id: str, type: str, object_id: str, created_at: int
) -> None:
    """Let every endpoint of a project that wants to hear of an event be told, if it is enabled."""
    query = select(WebhookEndpointRow).where(
        WebhookEndpointRow.project_id == project_id, WebhookEndpointRow.disabled_at.is_(None)
    )
    for endpoint in session.scalars(query):
        if type in endpoint.event_types:
            session.add(
                WebhookDeliveryRow(
                    id=new_id("whd_"),
                    endpoint_seq=endpoint.seq,
                    event_id=event_id,
                    event_type=type,
                    object_id=object_id,
                    status=PENDING,
                    created_at=created_at,
                    finished_at=None,
                    attempts=[],
                    attempts_left=MAX_ATTEMPTS,
                )
            )


def find_delivery(
    session: Session, endpoint: WebhookEndpointRow, delivery_id: str
) -> WebhookDeliveryRow:
    """Return what was sent to an endpoint; raises NotFoundError."""
    row = session.scalar(
        select(WebhookDeliveryRow).where(
            WebhookDeliveryRow.endpoint_seq == endpoint.seq, WebhookDeliveryRow.id == delivery_id
        )
    )
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_such_delivery",
                "No such delivery: {delivery_id}",
                delivery_id=delivery_id[:100],
            ),
            param="delivery_id",
        )
    return row


def list_deliveries(
    session: Session, endpoint: WebhookEndpointRow, cursor: Cursor
) -> Page[WebhookDeliveryRow]:
    """Return one page of what is and was sent to an endpoint."""
    query = select(WebhookDeliveryRow).where(WebhookDeliveryRow.endpoint_seq == endpoint.seq)
    return read_page(session, query, WebhookDeliveryRow.seq, cursor)


def pending_deliveries(session: Session, endpoint: WebhookEndpointRow) -> list[WebhookDeliveryRow]:
    """Return what is still to be sent to an endpoint."""
    query = select(WebhookDeliveryRow).where(
        WebhookDeliveryRow.endpoint_seq == endpoint.seq, WebhookDeliveryRow.status == PENDING
    )
    return list(session.scalars(query))


def delete_old_deliveries(session: Session, *, before: float) -> None:
    """Delete what was delivered or given up before a moment."""
    session.execute(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.finished_at <= before))
