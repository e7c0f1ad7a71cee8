"""The tables of webhooks: endpoints, and what is or was sent to each."""

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row
from understudy.storage.tables.leased import LeasedRow


class WebhookEndpointRow(Row):
    """An address that wants to hear of a project's events."""

    __tablename__ = "webhook_endpoints"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    url: Mapped[str]
    event_types: Mapped[list[str]] = mapped_column(JSON_VALUE)
    secret_version: Mapped[int]
    """Raised by each rotation; the secret itself is derived and stored nowhere."""
    old_secret_until: Mapped[int | None]
    """Until when the version before this one signs as well."""
    created_at: Mapped[int]
    updated_at: Mapped[int]
    failing_since: Mapped[int | None]
    """When the first attempt failed since one succeeded; empty while deliveries arrive."""
    disabled_at: Mapped[int | None]
    """When nothing was sent any more, until its owner enables it again."""
    disabled_reason: Mapped[str | None]

    __table_args__ = ({"sqlite_autoincrement": True},)


class WebhookDeliveryRow(LeasedRow, Row):
    """One event for one endpoint: waiting to be sent, delivered, or given up."""

    __tablename__ = "webhook_deliveries"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    endpoint_seq: Mapped[int] = mapped_column(
        ForeignKey("webhook_endpoints.seq", ondelete="CASCADE")
    )
    event_id: Mapped[str]
    """The same for every endpoint and every attempt: receivers drop what they have had."""
    event_type: Mapped[str]
    object_id: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[int]
    """When the event happened."""
    finished_at: Mapped[int | None]
    attempts: Mapped[list[dict[str, Any]]] = mapped_column(JSON_VALUE)
    """When each attempt was made and what came of it, oldest first."""
    attempts_left: Mapped[int]

    __table_args__ = (
        Index("ix_webhook_deliveries_endpoint_seq_seq", "endpoint_seq", "seq"),
        {"sqlite_autoincrement": True},
    )
