"""Models: every name that the server answers to."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from understudy.schemas.base import WireObject


class ModelObject(WireObject):
    """A base model, an alias, a tuned model, a checkpoint, a remote or an embedding model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    shutdown_date: None = None
    """OpenAI's date for the end of a model; nothing here ends by itself."""
    task: Literal["embedding"] | None = Field(default=None, exclude_if=lambda task: task is None)
    """Our own: says of a model that it makes embeddings and answers no conversation."""


class ModelList(WireObject):
    """All models at once: this list has no pages."""

    object: Literal["list"] = "list"
    data: Sequence[ModelObject]


class ModelDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["model"] = "model"
    deleted: Literal[True] = True
