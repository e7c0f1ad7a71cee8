"""Stored chat completions: the objects of their routes."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import ConfigDict

from understudy.schemas.base import StrictRequest, WireObject
from understudy.schemas.lists import HasId
from understudy.schemas.metadata import Metadata


class StoredChatCompletion(HasId):
    """A completion as it was answered, with what was asked and its metadata.

    What was answered is written as it was at that time, whichever fields answers have today.
    """

    model_config = ConfigDict(extra="allow")

    object: Literal["chat.completion"] = "chat.completion"
    metadata: dict[str, str]


class StoredMessage(HasId):
    """A message of the conversation that was asked; which fields it has depends on its role."""

    model_config = ConfigDict(extra="allow")

    role: str
    content: str | None
    name: str | None
    content_parts: Sequence[dict[str, Any]] | None


class UpdateStoredChatCompletion(StrictRequest):
    """The request to change a stored completion, of which only the metadata can change."""

    metadata: Metadata | None


class StoredChatCompletionDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["chat.completion.deleted"] = "chat.completion.deleted"
    deleted: Literal[True] = True
