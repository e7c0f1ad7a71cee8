"""API keys of a project, as our own routes below /v1/x/ show them."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import StringConstraints

from understudy.schemas.base import StoredText, StrictRequest, WireObject


class CreateApiKey(StrictRequest):
    """The request for a new key."""

    name: Annotated[StoredText, StringConstraints(min_length=1, max_length=100)]


class ApiKey(WireObject):
    """A key, without what would let anyone use it."""

    object: Literal["x.api_key"] = "x.api_key"
    id: str
    name: str
    created_at: int
    hint: str | None
    """The key's ends, by which its owner knows it; unknown for keys of older versions."""
    is_current: bool
    """Whether it is the key that the request was made with."""


class CreatedApiKey(ApiKey):
    """A new key; the only answer that ever holds the key itself."""

    key: str


class ApiKeyList(WireObject):
    """All keys of a project: this list has no pages."""

    object: Literal["list"] = "list"
    data: Sequence[ApiKey]


class ApiKeyDeleted(WireObject):
    """The answer when a key was revoked."""

    object: Literal["x.api_key.deleted"] = "x.api_key.deleted"
    id: str
    deleted: Literal[True] = True
