"""Finds the model that judges, and says of one that is away that nothing was judged."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from understudy.errors import InvalidRequestError, NotFoundError, UnavailableError
from understudy.wording import worded

_T = TypeVar("_T")


async def find_moderator(name: str, find: Callable[[], _T]) -> _T:
    """Return what `find` finds, which may block; raises UnavailableError where it finds nothing."""
    try:
        return await asyncio.to_thread(find)
    except (NotFoundError, InvalidRequestError) as error:
        # The user of an API did not name this model, so their request is not what is wrong.
        raise UnavailableError(
            worded(
                "chat.moderation_model_cannot_asked",
                "The moderation model {name} cannot be asked, so nothing was judged: {message}",
                name=name,
                message=error.message,
            ),
            code="moderation_unavailable",
        ) from error
