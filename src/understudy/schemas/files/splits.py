"""A training file divided into two, as our own routes below /v1/x/ plan it and do it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from understudy.schemas.base import PositiveNumber, StrictRequest, WireObject
from understudy.schemas.files.files import FileObject
from understudy.schemas.fine_tuning.jobs import MethodName


class SplitFile(StrictRequest):
    """How to divide a file; either `fraction` or `count` says how much to hold out."""

    fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    """The share of the examples."""
    count: PositiveNumber | None = None
    """How many examples; as near to it as near-duplicates that stay together allow."""
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0
    """The same seed divides the same file in the same way."""
    method: MethodName = "supervised"
    """What the file is for."""
    by_duplicate_group: bool = True
    """Keep prompts that are nearly the same on one side."""
    stratify: bool = True
    """Give both files the same mix of inputs and answers."""


class SplitKind(WireObject):
    """How many examples of one kind are on each side."""

    kind: str
    training: int
    validation: int


class FileSplitPlan(WireObject):
    """How a file would be divided; nothing is made."""

    object: Literal["x.file.split_plan"] = "x.file.split_plan"
    file_id: str
    training_examples: int
    validation_examples: int
    kinds: Sequence[SplitKind]
    groups: int
    """Groups of prompts that are nearly the same, those of one included."""
    largest_group: int
    shared: int
    """Held-out examples whose prompt is nearly one of the training file's."""


class FileSplit(WireObject):
    """A file divided: two new files, which together hold its lines as they are."""

    object: Literal["x.file.split"] = "x.file.split"
    file_id: str
    training_file: FileObject
    validation_file: FileObject
    plan: FileSplitPlan
