"""Permissions: projects that may use a tuned model of another one."""

from typing import Annotated, Literal

from pydantic import Field

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.lists import HasId


class CreatePermissions(StrictRequest):
    """Which projects may use a model."""

    project_ids: Annotated[list[StoredText], Field(min_length=1, max_length=100)]


class Permission(HasId):
    """A project that may use a model."""

    object: Literal["checkpoint.permission"] = "checkpoint.permission"
    created_at: int
    project_id: str


class PermissionDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["checkpoint.permission"] = "checkpoint.permission"
    deleted: Literal[True] = True


PermissionOrder = Literal["ascending", "descending"]
"""Which end comes first; this list has words of its own for it."""
