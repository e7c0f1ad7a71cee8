"""The envelope of lists that are read page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from understudy.schemas.base import WireObject


class Order(StrEnum):
    """Which end of a list comes first."""

    NEWEST_FIRST = "desc"
    OLDEST_FIRST = "asc"


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Which page of a list is asked for: `limit` items after the one whose id is `after`.

    An `after` that the list does not contain counts as none: the item may have been deleted between
    two pages, and a loop that deletes what it lists must still reach the rest.
    """

    after: str | None = None
    limit: int = 20
    order: Order = Order.NEWEST_FIRST


class HasId(WireObject):
    """An object that a list can be continued after."""

    id: str


Item = TypeVar("Item", bound=HasId)


class Page(WireObject, Generic[Item]):
    """One page; the next begins after the `id` of its last item."""

    object: Literal["list"] = "list"
    data: Sequence[Item]
    has_more: bool


class PageWithIds(Page[Item], Generic[Item]):
    """A page of a list whose type also names its ends; both are null when it is empty."""

    first_id: str | None
    last_id: str | None
