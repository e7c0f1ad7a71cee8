"""Models as things that are kept, and the room that they take, below /v1/x/."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import WireObject

KeptKind = Literal["base", "alias", "tuned", "checkpoint", "remote", "embedding"]
DiskKind = Literal["bases", "tuned", "checkpoints", "exports", "files", "logs"]


class ModelFigure(WireObject):
    """The figure of a report card that says most: before tuning, and after it."""

    measure: Literal["exact_match", "token_accuracy", "passing"]
    """Exact answers where either model gave one, else token accuracy; of pairs, answers that
    pass."""
    base: float
    """As a share, like `tuned`."""
    tuned: float


class KeptModel(WireObject):
    """A name that answers, and what is known of the model that it stands for."""

    object: Literal["x.model"] = "x.model"
    id: str
    kind: KeptKind
    created: int
    owned_by: str
    alias_of: str | None
    """The model that answers under an alias."""
    base: str | None
    """What a tuned model or checkpoint was tuned from."""
    parameters: int | None
    """Of the whole model, its base's with those of an adapter."""
    trained_parameters: int | None
    """Of a tuned model: how many of them were trained."""
    context: int | None
    """Tokens that it reads."""
    bytes: int | None
    """On the disk of this server: an adapter's alone, without its base."""
    last_used_at: int | None
    """When it was last asked in this project, by a request, an eval or a report card; null
    where it never was."""
    job_id: str | None
    """The job that made it; null for a model that another project lets this one use."""
    step: int | None
    """Of a checkpoint or result, the step after which it was saved."""
    figure: ModelFigure | None
    """Of the report card of its job; of a result only, and once there is one."""
    held_because: str | None
    """Why it answers nobody; null where it may answer."""


class KeptModelList(WireObject):
    """All models at once: this list has no pages."""

    object: Literal["list"] = "list"
    data: Sequence[KeptModel]


class DiskPart(WireObject):
    """The room that one kind of thing takes."""

    kind: DiskKind
    belongs_to: Literal["server", "project"]
    """Bases are everybody's; all else is this project's alone."""
    count: int
    bytes: int


class DiskUse(WireObject):
    """What is kept, by kind, and what it takes together."""

    object: Literal["x.disk"] = "x.disk"
    data: Sequence[DiskPart]
    total_bytes: int
    free_bytes: int
    """Of the disk that holds the server's home."""
