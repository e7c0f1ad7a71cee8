"""One page of a list, and how a cursor finds where it starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from understudy.schemas.lists import Order

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Some items in order, and whether more follow."""

    items: tuple[T, ...]
    has_more: bool

    def map(self, convert: Callable[[T], U]) -> "Page[U]":
        """Return the same page with every item converted."""
        return Page(items=tuple(convert(item) for item in self.items), has_more=self.has_more)


def read_page(
    session: Session,
    query: Select[T],
    position: InstrumentedAttribute[int],
    *,
    identifier: InstrumentedAttribute[str],
    after: str | None,
    limit: int,
    order: Order = Order.NEWEST_FIRST,
) -> Page[T]:
    """Read the `limit` rows that follow the row whose id is `after`.

    An `after` that the query does not contain counts as none: the row may have been deleted
    between two pages, and a loop that deletes what it lists must still reach the rest.
    """
    is_descending = order is Order.NEWEST_FIRST
    start = _position_of(session, query, position, identifier, after)
    if start is not None:
        query = query.where(position < start if is_descending else position > start)
    ordered = query.order_by(position.desc() if is_descending else position.asc())
    rows = session.scalars(ordered.limit(limit + 1)).all()
    return Page(items=tuple(rows[:limit]), has_more=len(rows) > limit)


def _position_of(
    session: Session,
    query: Select[Any],
    position: InstrumentedAttribute[int],
    identifier: InstrumentedAttribute[str],
    after: str | None,
) -> int | None:
    if after is None:
        return None
    return session.scalar(query.where(identifier == after).with_only_columns(position))


def page_of(
    items: Sequence[T],
    identify: Callable[[T], str],
    *,
    after: str | None,
    limit: int,
    order: Order,
) -> Page[T]:
    """Return the `limit` items that follow the one whose id is `after`; `items` are oldest first.

    An `after` that is not among them counts as none, as in `read_page`.
    """
    ordered = list(reversed(items)) if order is Order.NEWEST_FIRST else list(items)
    ids = [identify(item) for item in ordered]
    start = ids.index(after) + 1 if after in ids else 0
    return Page(items=tuple(ordered[start : start + limit]), has_more=start + limit < len(ordered))
