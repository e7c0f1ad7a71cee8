"""What a server can do, as our own route below /v1/x/ shows it."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import WireObject
from understudy.schemas.fine_tuning.jobs import MethodName


class MethodCapability(WireObject):
    """A method of fine-tuning, and whether jobs can be created with it."""

    name: MethodName
    is_offered: bool


class GraderPackage(WireObject):
    """A package that python graders may import, if it is installed."""

    name: str
    version: str | None
    """Null for one that is missing; the extra `graders` of this package brings it."""


class Capabilities(WireObject):
    """Everything that is not the same on every server."""

    object: Literal["x.capabilities"] = "x.capabilities"
    methods: Sequence[MethodCapability]
    python_grader_packages: Sequence[GraderPackage]
    """Those of OpenAI's grader image."""
