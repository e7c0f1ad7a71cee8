"""Models: every name that the server answers to."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from understudy.schemas.base import StoredText, StrictRequest, WireObject


class RemoteFacts(WireObject):
    """Where a remote model is asked, and what that costs, as far as the operator says."""

    host: str
    model: str
    """The name that the remote server is asked for."""
    price_in: float | None
    """Of a million tokens of prompts, in the currency of the bill."""
    price_out: float | None
    """Of a million tokens of answers."""
    may_train: bool
    """Whether models here may learn its answers."""


class ModelObject(WireObject):
    """A base model, an alias, a tuned model, a checkpoint, a remote or an embedding model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    shutdown_date: None = None
    """OpenAI's date for the end of a model; nothing here ends by itself."""
    task: Literal["embedding", "moderation"] | None = Field(
        default=None, exclude_if=lambda task: task is None
    )
    """Our own: what a model does that answers no conversation."""
    alias_of: str | None = Field(default=None, exclude_if=lambda alias: alias is None)
    """Our own: the tuned or remote model that answers under this name."""
    held_because: str | None = Field(default=None, exclude_if=lambda reason: reason is None)
    """Our own: why a tuned model answers nobody; absent where it may answer."""
    remote: RemoteFacts | None = Field(default=None, exclude_if=lambda remote: remote is None)
    """Our own: says of a model of another server how it is asked."""


class ModelList(WireObject):
    """All models at once: this list has no pages."""

    object: Literal["list"] = "list"
    data: Sequence[ModelObject]


class ModelDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["model"] = "model"
    deleted: Literal[True] = True


class AliasObject(WireObject):
    """A further name, or a pattern of names, and the model that answers."""

    id: str
    object: Literal["model_alias"] = "model_alias"
    model: str
    is_pattern: bool
    """Whether it stands for every name that fits it and that nothing else here has."""
    belongs_to: Literal["server", "project"]
    """Those of the server stand in understudy.toml, and their models are bases."""
    ignores: Sequence[str]
    """Parameters that are ignored where the model cannot follow them, instead of refused."""


class AliasList(WireObject):
    """All aliases at once: this list has no pages."""

    object: Literal["list"] = "list"
    data: Sequence[AliasObject]


class PutModelAlias(StrictRequest):
    """Which model answers under a further name."""

    model: Annotated[StoredText, StringConstraints(min_length=1, max_length=300)]
    """A tuned model or checkpoint of the project, or a remote model."""
