"""The tables of stored answers, as typed rows: chat completions, responses and their events."""

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from understudy.storage.tables.base import JSON_VALUE, SERIAL, Row
from understudy.storage.tables.leased import HeldRow


class CompletionRow(Row):
    """A chat completion that was stored: what was asked, and the answer as it was sent."""

    __tablename__ = "completions"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    model: Mapped[str]
    remote_model: Mapped[str | None]
    """The name under which a remote server gave the answer, such as that of a snapshot."""
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON_VALUE)
    """The conversation as the client wrote it."""
    settings: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    """What else the request said: tools, sampling and the like, under their names on the wire."""
    answer: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    """The `chat.completion` object as the client got it."""

    pairs: Mapped[list["CompletionMetadataRow"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (
        Index(None, "project_id", "seq"),
        Index(None, "project_id", "model", "created_at"),
        Index(None, "project_id", "created_at"),
        {"sqlite_autoincrement": True},
    )


class CompletionMetadataRow(Row):
    """One key and value of a stored completion's metadata."""

    __tablename__ = "completion_metadata"
    completion_id: Mapped[str] = mapped_column(
        ForeignKey("completions.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]

    __table_args__ = (Index(None, "key", "value", "completion_id"),)


class ResponseRow(HeldRow, Row):
    """A response: finished and stored, or still being made in the background."""

    __tablename__ = "responses"
    seq: Mapped[int] = mapped_column(SERIAL, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    model: Mapped[str]
    remote_model: Mapped[str | None]
    """The name under which a remote server gave the answer, such as that of a snapshot."""
    created_at: Mapped[int]
    expires_at: Mapped[int] = mapped_column(index=True)
    status: Mapped[str]
    is_background: Mapped[bool]
    is_streamed: Mapped[bool]
    """Whether its events are kept, so that a stream of them can be taken up again."""

    instructions: Mapped[str | None]
    user: Mapped[str | None]
    temperature: Mapped[float]
    top_p: Mapped[float]
    reasoning_effort: Mapped[str | None]
    input: Mapped[list[dict[str, Any]]] = mapped_column(JSON_VALUE)
    """The items of the whole conversation before the answer, those of earlier turns included."""
    body: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    """The `response` object as it stands now."""
    token_ids: Mapped[list[int] | None] = mapped_column(JSON_VALUE)
    """The prompt and the answer as the model read and wrote them; empty until it has ended."""
    renderer_hash: Mapped[str | None]
    """Tokenizer and template that `token_ids` belong to."""

    pairs: Mapped[list["ResponseMetadataRow"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (
        Index(None, "lease_until"),
        Index(None, "project_id", "seq"),
        Index(None, "project_id", "model", "created_at"),
        Index(None, "project_id", "created_at"),
        {"sqlite_autoincrement": True},
    )


class ResponseMetadataRow(Row):
    """One key and value of a response's metadata."""

    __tablename__ = "response_metadata"
    response_id: Mapped[str] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]

    __table_args__ = (Index(None, "key", "value", "response_id"),)


class ResponseItemRow(Row):
    """An item that came with a response's request, or that its answer consists of."""

    __tablename__ = "response_items"
    response_id: Mapped[str] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index(None, "item_id"),)


class ResponseEventRow(Row):
    """One event of a background response's stream, as it is sent."""

    __tablename__ = "response_events"
    response_id: Mapped[str] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True
    )
    sequence_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str]
    data: Mapped[str]
    """The event's JSON."""
