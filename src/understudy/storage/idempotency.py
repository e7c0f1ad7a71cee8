"""What creating requests made, so that a repeated request finds it instead of making more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, Session

from understudy.errors import InvalidRequestError
from understudy.storage.database import Database
from understudy.storage.tables.projects import IdempotencyRow
from understudy.wording import worded

_MAX_LIFETIME_SECONDS = 24 * 3600


class HasId(Protocol):
    """A row that a creating request makes, and that is found again by its id."""

    id: Mapped[str]


Made = TypeVar("Made", bound=HasId)


@dataclass(frozen=True, kw_only=True)
class Repeatable:
    """How a creating request is recognised when it comes again."""

    key: str
    """The `Idempotency-Key`, or a key made of the caller's key and route."""
    body_sha256: str
    may_be_repetition: bool
    """Whether what was made before may answer this request; if not, it is made anew."""
    lifetime_seconds: int = _MAX_LIFETIME_SECONDS
    """How old what was made may be; at most a day."""


def once(
    session: Session,
    project_id: str,
    request: Repeatable,
    *,
    now: int,
    find: Callable[[str], Made | None],
    make: Callable[[], Made],
) -> Made:
    """Return what the same `request` made before if `find` still finds it, else make it.

    What is made is recorded in the same transaction. Raises what `recall` raises.
    """
    earlier = recall(session, project_id, request, now=now)
    if earlier is not None and (found := find(earlier)) is not None:
        return found
    made = make()
    remember(session, project_id, request, made.id, now=now)
    return made


def find_made(
    db: Database,
    project_id: str,
    request: Repeatable,
    find: Callable[[Session, str, str], Made | None],
) -> Made | None:
    """Return what the same `request` made before, or None; `find` takes its project and id.

    For what takes long to make, and is not made while a transaction is open. Raises what `recall`
    raises.
    """
    with db.read() as session:
        earlier = recall(session, project_id, request, now=int(db.now(session)))
        return None if earlier is None else find(session, project_id, earlier)


def recall(session: Session, project_id: str, request: Repeatable, *, now: int) -> str | None:
    """Return the id of what the same request made before, or None when it made nothing.

    Raises InvalidRequestError when the key was used with another body.
    """
    if not request.may_be_repetition:
        return None
    row = session.get(IdempotencyRow, (project_id, request.key))
    if row is None or row.created_at < now - request.lifetime_seconds:
        return None
    if row.body_sha256 != request.body_sha256:
        raise InvalidRequestError(
            worded(
                "api.idempotency_key_used_before",
                "This Idempotency-Key was used before with a different body; send "
                "the same body again, or use another key.",
            )
        )
    return row.object_id


def remember(
    session: Session, project_id: str, request: Repeatable, object_id: str, *, now: int
) -> None:
    """Record what a request made, in the same transaction; forgets what is over a day old."""
    forgotten = IdempotencyRow.created_at < now - _MAX_LIFETIME_SECONDS
    session.execute(delete(IdempotencyRow).where(forgotten))
    session.merge(
        IdempotencyRow(
            project_id=project_id,
            key=request.key,
            body_sha256=request.body_sha256,
            object_id=object_id,
            created_at=now,
        )
    )
