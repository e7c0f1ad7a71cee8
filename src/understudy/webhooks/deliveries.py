"""Deliveries as work: who sends what is due, and what is written of each attempt."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.schemas.lists import Cursor
from understudy.storage.database import Database
from understudy.storage.events import webhooks
from understudy.storage.paging import Page
from understudy.storage.tables.webhooks import WebhookDeliveryRow, WebhookEndpointRow
from understudy.webhooks.endpoints import EndpointPolicy, disable
from understudy.webhooks.secrets import SigningSecret
from understudy.wording import worded
from understudy.work.lease import Hold, free, held
from understudy.work.policy import LeasePolicy

_PAUSES = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 36_000.0)
"""How long after the one before it each attempt is made, in seconds."""
assert len(_PAUSES) == webhooks.MAX_ATTEMPTS

_MAX_FAILING_SECONDS = 5 * 24 * 3600
_MAX_HELD_UP_SECONDS = 300.0
_GONE = 410
_LOG_SECONDS = 30 * 24 * 3600
_MAX_ATTEMPTS_SHOWN = 50


class DeliveryStatus(StrEnum):
    """The states of a delivery."""

    PENDING = webhooks.PENDING
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class DeliveryAttempt:
    """What came of sending a webhook once."""

    at: int
    status_code: int | None
    """What the endpoint answered; None where it did not."""
    error: str | None
    """Why there was no answer, or none that counts."""
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint took the event."""
        return self.error is None


@dataclass(frozen=True, kw_only=True)
class WebhookMessage:
    """What one attempt needs to know."""

    url: str
    secrets: list[SigningSecret]
    event_id: str
    event_type: str
    object_id: str
    created_at: int
    now: float


def message_of(
    db: Database, policy: EndpointPolicy, hold: Hold[WebhookDeliveryRow]
) -> WebhookMessage:
    """Return what is to be sent; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        endpoint = session.get_one(WebhookEndpointRow, row.endpoint_seq)
        now = db.now(session)
        return WebhookMessage(
            url=endpoint.url,
            secrets=policy.secrets(endpoint, now),
            event_id=row.event_id,
            event_type=row.event_type,
            object_id=row.object_id,
            created_at=row.created_at,
            now=now,
        )


def record_attempt(db: Database, hold: Hold[WebhookDeliveryRow], result: DeliveryAttempt) -> None:
    """Write what came of an attempt, and when the next is made; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        endpoint = session.get_one(WebhookEndpointRow, row.endpoint_seq)
        now = db.now(session)
        row.attempts = [*row.attempts, asdict(result)][-_MAX_ATTEMPTS_SHOWN:]
        row.attempts_left = max(0, row.attempts_left - 1)
        free(row)
        if result.is_taken:
            endpoint.failing_since = None
            _end(row, DeliveryStatus.DELIVERED, now)
            _release_held_up(session, endpoint, now)
            return
        endpoint.failing_since = endpoint.failing_since or int(now)
        _wait(session, row, endpoint, now)
        _disable_if_hopeless(session, endpoint, result, now)


def send_again(
    db: Database, project_id: str, endpoint_id: str, delivery_id: str
) -> WebhookDeliveryRow:
    """Send an event once more, now, under the same id; raises NotFoundError.

    Raises InvalidRequestError while the endpoint is disabled.
    """
    with db.write() as session:
        endpoint = webhooks.find_endpoint(session, project_id, endpoint_id)
        row = webhooks.find_delivery(session, endpoint, delivery_id)
        if endpoint.disabled_at is not None:
            raise InvalidRequestError(
                worded(
                    "webhooks.endpoint_disabled_nothing_sent",
                    "This endpoint is disabled and nothing is sent to it; enable it first.",
                )
            )
        row.available_at = db.now(session)
        if row.status != DeliveryStatus.PENDING:
            row.status, row.finished_at = DeliveryStatus.PENDING, None
            row.attempts_left = webhooks.MAX_ATTEMPTS
        return row


def list_deliveries(
    db: Database, project_id: str, endpoint_id: str, cursor: Cursor
) -> Page[WebhookDeliveryRow]:
    """Return one page of what is and was sent to an endpoint; raises NotFoundError."""
    with db.read() as session:
        endpoint = webhooks.find_endpoint(session, project_id, endpoint_id)
        return webhooks.list_deliveries(session, endpoint, cursor)


def delete_old_deliveries(db: Database) -> None:
    """Delete the log of what was delivered or given up a month ago."""
    with db.write() as session:
        webhooks.delete_old_deliveries(session, before=db.now(session) - _LOG_SECONDS)


def _wait(
    session: Session, row: WebhookDeliveryRow, endpoint: WebhookEndpointRow, now: float
) -> None:
    if row.attempts_left == 0:
        _end(row, DeliveryStatus.FAILED, now)
        return
    pause = _PAUSES[-row.attempts_left]
    row.available_at = now + pause
    # An endpoint that is down keeps nobody busy with all that waits for it.
    until = now + min(pause, _MAX_HELD_UP_SECONDS)
    for other in webhooks.pending_deliveries(session, endpoint):
        if other.lease_until is None:
            other.available_at = max(other.available_at, until)


def _release_held_up(session: Session, endpoint: WebhookEndpointRow, now: float) -> None:
    """Send what was only held up because another event was not taken."""
    for other in webhooks.pending_deliveries(session, endpoint):
        if not other.attempts:
            other.available_at = min(other.available_at, now)


def _disable_if_hopeless(
    session: Session, endpoint: WebhookEndpointRow, result: DeliveryAttempt, now: float
) -> None:
    since = endpoint.failing_since
    if result.status_code == _GONE:
        reason = "The endpoint answered 410 Gone: it wants nothing more."
    elif since is not None and now - since >= _MAX_FAILING_SECONDS:
        reason = f"Nothing arrived for five days. The last attempt: {result.error}"
    else:
        return
    disable(session, endpoint, reason, now)
    for row in webhooks.pending_deliveries(session, endpoint):
        free(row)
        _end(row, DeliveryStatus.FAILED, now)


def _end(row: WebhookDeliveryRow, status: DeliveryStatus, now: float) -> None:
    row.status, row.finished_at = status, int(now)


def _give_up(_session: Session, row: WebhookDeliveryRow, now: float) -> None:
    _end(row, DeliveryStatus.FAILED, now)


DELIVERIES = LeasePolicy(
    row=WebhookDeliveryRow,
    order=WebhookDeliveryRow.seq,
    statuses=frozenset({DeliveryStatus.PENDING}),
    backoff_seconds=(0.0, 5.0, 30.0),
    max_stalled_attempts=webhooks.MAX_ATTEMPTS,
    give_up=_give_up,
)
"""What is to be sent, for whoever takes it by lease."""
