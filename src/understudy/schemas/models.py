"""Models: every name that the server answers to."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import WireObject


class ModelObject(WireObject):
    """A base model, an alias of one, a tuned model or a checkpoint."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    shutdown_date: None = None
    """OpenAI's date for the end of a model; nothing here ends by itself."""


class ModelList(WireObject):
    """All models at once: this list has no pages."""

    object: Literal["list"] = "list"
    data: Sequence[ModelObject]


class ModelDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["model"] = "model"
    deleted: Literal[True] = True
