"""What lists of stored answers are asked for: conditions, and which page of what fits them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from understudy.schemas.base import WholeNumber
from understudy.schemas.lists import Cursor, Order
from understudy.server.http.lists import Limit
from understudy.server.http.metadata_query import metadata_pairs
from understudy.server.services import ServicesDep
from understudy.storage.answers.filters import ResponseFilter


@dataclass(frozen=True, kw_only=True)
class NewestFirst(Cursor):
    """Which page of a list that begins with the newest."""

    limit: Limit = 20


@dataclass(frozen=True, kw_only=True)
class OldestFirst(NewestFirst):
    """Which page of a list that begins with the oldest."""

    order: Order = Order.OLDEST_FIRST


def conditions(
    request: Request,
    services: ServicesDep,
    model: str | None = None,
    created_after: WholeNumber | None = None,
    created_before: WholeNumber | None = None,
    q: Annotated[str, Query(max_length=512)] = "",
) -> ResponseFilter:
    """Read the conditions on stored answers; raises InvalidRequestError.

    The metadata stand in the query as `metadata[key]=value`, which no parameter can say.
    """
    return ResponseFilter(
        model=services.catalogue().full_name(model),
        metadata=metadata_pairs(request.query_params),
        created_after=created_after,
        created_before=created_before,
        text=q.strip(),
    )


ConditionsDep = Annotated[ResponseFilter, Depends(conditions)]
NewestFirstDep = Annotated[NewestFirst, Depends()]
OldestFirstDep = Annotated[OldestFirst, Depends()]
