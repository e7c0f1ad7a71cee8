"""Base models, known ones and those that are here, as our own routes below /v1/x/ show them."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import StringConstraints

from understudy.schemas.base import StoredText, StrictRequest, WireObject

FitName = Literal["fits", "fits_when_free", "too_large"]
_Text = Annotated[StoredText, StringConstraints(min_length=1, max_length=4096)]


class MemoryNeed(WireObject):
    """How much memory something takes, and whether this machine has it."""

    bytes: int
    fit: FitName


class KnownBaseObject(WireObject):
    """A base of the catalogue."""

    object: Literal["x.known_base"] = "x.known_base"
    name: str
    hub_id: str
    package: str | None
    """The package with its weights, for machines that do not reach the hub."""
    licence: str
    must_accept: bool
    parameters: int
    context: int
    template: str
    tools: str
    lora: MemoryNeed
    full: MemoryNeed
    serve: MemoryNeed
    is_added: bool


class MachineMemoryObject(WireObject):
    """Where this machine computes, and with how much memory."""

    device: str
    total_bytes: int
    free_bytes: int


class BaseCatalogue(WireObject):
    """All known bases, and the machine that their needs are compared with."""

    object: Literal["list"] = "list"
    data: Sequence[KnownBaseObject]
    machine: MachineMemoryObject
    example_tokens: int
    """Length of the training example that the needs are for."""
    answer_tokens: int
    """Length of the conversation that the needs are for."""


class AddedBase(WireObject):
    """A base that is here."""

    object: Literal["x.base"] = "x.base"
    name: str
    directory: str
    is_builtin: bool
    used_by: Sequence[str]
    """What keeps it from being removed, in words."""


class AdditionObject(WireObject):
    """A base that is being added, or was."""

    object: Literal["x.base.addition"] = "x.base.addition"
    id: str
    name: str
    created_at: int
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    phase: Literal["downloading", "converting", "copying", "checking"] | None
    source: str | None
    done_bytes: int
    total_bytes: int | None
    message: str | None
    """Why it failed, or what should be known of the base."""


class BaseList(WireObject):
    """The bases that are here, and the additions, newest first."""

    object: Literal["list"] = "list"
    data: Sequence[AddedBase]
    additions: Sequence[AdditionObject]
    may_change: bool
    """Whether this server adds and removes bases: only while no other machine can reach it."""


class AddBase(StrictRequest):
    """The request for a base; with no source, `name` is one of the catalogue or a hub ID."""

    name: _Text
    hub_id: _Text | None = None
    directory: _Text | None = None
    gguf: _Text | None = None
    copy_files: bool = False
    """Whether the directory is copied into the home."""


class BaseRemoved(WireObject):
    """The answer when a base was removed."""

    object: Literal["x.base.removed"] = "x.base.removed"
    name: str
    removed: Literal[True] = True
    freed_bytes: int
    """0 where its directory was not the home's and stays."""
