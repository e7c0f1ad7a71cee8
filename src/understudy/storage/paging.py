"""One page of a list, and how a cursor finds where it starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from understudy.schemas.lists import Cursor, Order

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Some items in order, and whether more follow."""

    items: tuple[T, ...]
    has_more: bool


def read_page(
    session: Session, query: Select[T], position: InstrumentedAttribute[int], cursor: Cursor
) -> Page[T]:
    """Read the page of rows that the cursor asks for by an id, ordered by `position`."""
    is_descending = cursor.order is Order.NEWEST_FIRST
    if cursor.after is not None:
        last = query.where(position.class_.id == cursor.after)
        start = session.scalar(last.with_only_columns(position))
        if start is not None:
            query = query.where(position < start if is_descending else position > start)
    ordered = query.order_by(position.desc() if is_descending else position.asc())
    rows = session.scalars(ordered.limit(cursor.limit + 1)).all()
    return Page(items=tuple(rows[: cursor.limit]), has_more=len(rows) > cursor.limit)


def page_of(items: Sequence[T], identify: Callable[[T], str], cursor: Cursor) -> Page[T]:
    """Return the page of items that the cursor asks for; `items` are oldest first."""
    ordered = list(reversed(items)) if cursor.order is Order.NEWEST_FIRST else list(items)
    ids = [identify(item) for item in ordered]
    start = ids.index(cursor.after) + 1 if cursor.after in ids else 0
    end = start + cursor.limit
    return Page(items=tuple(ordered[start:end]), has_more=end < len(ordered))
