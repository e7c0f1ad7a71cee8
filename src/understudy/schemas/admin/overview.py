"""What a server does at this moment, as our own route below /v1/x/ shows it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from understudy.schemas.base import WireObject


class ActiveJob(WireObject):
    """A job that has not ended, and how far it is."""

    id: str
    status: str
    model: str
    suffix: str | None
    created_at: int
    estimated_finish: int | None
    step: int | None
    """None before the first step."""
    total_steps: int | None


class Machine(WireObject):
    """The computer that the server runs on."""

    cores: int
    cpu_percent: float
    """Since the last time somebody asked."""
    load: float | None
    """Processes that want to compute, over the last minute; None where that is not counted."""
    memory_bytes: int
    memory_used_bytes: int
    disk_bytes: int
    disk_free_bytes: int


class BaseFit(WireObject):
    """How the engine serves a resident base model, as trials on the loaded model decided."""

    model: str
    is_batched: bool
    """Whether many requests share a forward, instead of each waiting for the one before."""
    has_packed_layers: bool
    """Whether its linear layers lie in the processor's own order."""
    words: str
    """The same with the reasons and the numbers."""


class EngineActivity(WireObject):
    """What the engine holds and does."""

    bases: Sequence[str]
    """Names of the resident base models."""
    fits: Sequence[BaseFit]
    """How each of them is served, in the same order."""
    adapters: int
    running: int
    waiting: int
    generated_tokens: int
    """Since the engine started."""


class AliasUse(WireObject):
    """A further name of a model, and when it was last called."""

    id: str
    model: str
    """The model that answers."""
    is_shadowed: bool
    """Whether another model is asked in the background."""
    calls: int
    """Requests for an answer since the alias exists."""
    last_called_at: int | None


class Overview(WireObject):
    """The project's jobs, the machine and the engine."""

    object: Literal["x.overview"] = "x.overview"
    version: str
    project: str
    organization: str
    jobs: Mapping[str, int]
    """How many jobs there are, by status."""
    active: Sequence[ActiveJob]
    """The jobs that have not ended, newest first, at most a hundred."""
    files: int
    tuned_models: int
    evals: int
    tuned_runs: int
    """Completed eval runs that asked a fine-tuned model."""
    aliases: Sequence[AliasUse]
    """The project's own aliases, oldest first."""
    machine: Machine
    engine: EngineActivity | None
    """None while the engine does not answer."""
