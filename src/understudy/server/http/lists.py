"""Pages of rows as the lists that stand on the wire."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Query

from understudy.schemas.lists import HasId, PageWithIds
from understudy.schemas.lists import Page as WirePage
from understudy.storage.paging import Page

Limit = Annotated[int, Query(ge=0, le=100)]
"""How many items a page has; 0 asks only whether there are any."""

Stored = TypeVar("Stored")
Wire = TypeVar("Wire", bound=HasId)


def page_object(page: Page[Stored], convert: Callable[[Stored], Wire]) -> WirePage[Wire]:
    """Write a page whose type has no first and last id."""
    return WirePage(data=[convert(item) for item in page.items], has_more=page.has_more)


def page_with_ids(page: Page[Stored], convert: Callable[[Stored], Wire]) -> PageWithIds[Wire]:
    """Write a page whose type names its ends."""
    data = [convert(item) for item in page.items]
    return PageWithIds(
        data=data,
        has_more=page.has_more,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
    )
