"""Our own object below /v1/x/: a model that leaves in a format that other programs load."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from understudy.schemas.base import StoredText, StrictRequest, WireObject


class CreateExport(StrictRequest):
    """Asks for an export of a base or a tuned model."""

    model: StoredText = Field(min_length=1, max_length=300)
    format: Literal["peft", "merged", "gguf"]
    type: Literal["f16", "q8_0"] | None = None
    """How a GGUF file holds its matrices; f16 where it is left out."""


class ExportDifference(WireObject):
    """How far an export is from the served model, in nats a token."""

    mean: float
    largest: float
    same_choice: float
    tokens: int
    bound: float
    sentence: str


class ExportObject(WireObject):
    """An export, under way or done."""

    id: str
    object: Literal["model.export"] = "model.export"
    model: str
    format: str
    type: str | None
    status: Literal["queued", "running", "succeeded", "failed"]
    created_at: int
    finished_at: int | None
    step: str | None
    """What is being done."""
    bytes: int | None
    """The size of the download, once it is there."""
    difference: ExportDifference | None
    error: str | None


class ExportList(WireObject):
    """Exports, newest first."""

    object: Literal["list"] = "list"
    data: Sequence[ExportObject]


class ExportDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: Literal["model.export"] = "model.export"
    deleted: Literal[True] = True
