"""Where a job's metrics go besides its events: runs of Weights & Biases."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from understudy.schemas.base import StoredText, StrictRequest, WireObject

_MAX_INTEGRATIONS = 5
_MAX_TAGS = 50

# What Weights & Biases itself refuses in a name that stands in its URLs.
_Slug = Annotated[
    StoredText, StringConstraints(min_length=1, max_length=128, pattern=r"^[^/\\#?%:]*$")
]
_Title = Annotated[StoredText, StringConstraints(min_length=1, max_length=128)]
_Tag = Annotated[StoredText, StringConstraints(min_length=1, max_length=64)]


class RequestedWandb(StrictRequest):
    """The run that a job's metrics go to."""

    project: _Slug
    entity: _Slug | None = None
    name: _Title | None = None
    tags: Annotated[list[_Tag], Field(max_length=_MAX_TAGS)] | None = None


class RequestedIntegration(StrictRequest):
    """One place to report to; only Weights & Biases is known."""

    type: Literal["wandb"]
    wandb: RequestedWandb


RequestedIntegrations = Annotated[list[RequestedIntegration], Field(max_length=_MAX_INTEGRATIONS)]


class WandbRun(WireObject):
    """The run that a job's metrics go to, as the job shows it."""

    project: str
    entity: str | None
    name: str | None
    tags: Sequence[str] | None
    run_id: str


class Integration(WireObject):
    """One place that a job reports to."""

    type: Literal["wandb"] = "wandb"
    wandb: WandbRun
