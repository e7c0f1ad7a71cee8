"""How much memory a base takes to be trained and served, and whether this machine has it."""

import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from understudy.bases.child_process import Watch, result_of, run_child
from understudy.bases.known import KnownBase
from understudy.inference.limits import EXACT_BYTES, EngineLimits
from understudy.planning.activations import estimate_activations
from understudy.planning.execution import Layout
from understudy.planning.memory import Demand, least_bytes, logit_bytes, training_bytes
from understudy.planning.shape import ModelShape
from understudy.registry.tuning import LoraTuning

EXAMPLE_TOKENS = 1024
"""Length of the longest training example that the numbers are for."""
ANSWER_TOKENS = 4096
"""Length of the one conversation that the numbers are for."""

_FILE_ITEMSIZE = 2  # bases are published in 16 bits
_FLOAT32_BYTES = 4
_STALL_SECONDS = 120.0


class Fit(StrEnum):
    """Whether a machine has the memory for something."""

    FITS = "fits"
    FITS_WHEN_FREE = "fits_when_free"
    """It has the memory, but other programs or bases use it at this time."""
    TOO_LARGE = "too_large"


@dataclass(frozen=True, kw_only=True)
class MachineMemory:
    """Where a machine computes, and with how much memory."""

    device: str
    """"cuda" or "cpu"."""
    total_bytes: int
    free_bytes: int
    itemsize: int
    """Bytes of a weight in the format that is fastest here."""

    def fit(self, needed_bytes: int) -> Fit:
        """Say whether there is so much memory."""
        if needed_bytes <= self.free_bytes:
            return Fit.FITS
        return Fit.FITS_WHEN_FREE if needed_bytes <= self.total_bytes else Fit.TOO_LARGE


@dataclass(frozen=True, kw_only=True)
class MemoryNeeds:
    """Bytes that a base takes, its weights included."""

    lora_bytes: int
    """LoRA of the usual rank on every linear layer, one example of `EXAMPLE_TOKENS` at a time."""
    full_bytes: int
    """All weights, one example of `EXAMPLE_TOKENS` at a time."""
    serve_bytes: int
    """One conversation of `ANSWER_TOKENS`, or of the context where that is shorter."""


def look_at_memory() -> MachineMemory:
    """Ask a process that loads torch, as trainer and engine do; takes a few seconds."""
    watch = Watch(lambda: 0, lambda _measured: None, _STALL_SECONDS)
    return MachineMemory(**result_of(run_child(("-m", "understudy.modeling.machine"), watch)))


class MemoryLook:
    """The machine's memory as it was seen a short while ago: to look takes seconds."""

    def __init__(self, seconds: float = 300.0) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._seen: tuple[float, MachineMemory] | None = None

    def __call__(self) -> MachineMemory:
        """Return what is known, or look."""
        with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > self._seconds:
                self._seen = time.monotonic(), look_at_memory()
            return self._seen[1]


def needs_of(base: KnownBase, machine: MachineMemory) -> MemoryNeeds:
    """Return what a base takes on a machine, by the arithmetic of the trainer's memory plan."""
    weights = base.parameters * machine.itemsize
    lora = LoraTuning()
    adapter = base.shape.lora_weights_per_rank * lora.rank
    return MemoryNeeds(
        lora_bytes=weights + _training(base.shape, machine, adapter, _FLOAT32_BYTES, is_full=False),
        full_bytes=weights
        + _training(base.shape, machine, base.parameters, machine.itemsize, is_full=True),
        serve_bytes=_serving(base, machine),
    )


def _training(
    shape: ModelShape, machine: MachineMemory, trained: int, itemsize: int, *, is_full: bool
) -> int:
    demand = Demand(
        layout=Layout.PACKED,
        is_alone=False,
        activations=estimate_activations(shape, machine.itemsize),
        can_recompute=True,
        trained_weights=trained,
        training_bytes=training_bytes(trained, itemsize, is_saved_beside=machine.device == "cpu"),
        logit_bytes=logit_bytes(shape.vocabulary, EXAMPLE_TOKENS),
        longest=EXAMPLE_TOKENS,
        batch_size=1,
        is_full=is_full,
    )
    return round(least_bytes(demand))


def _serving(base: KnownBase, machine: MachineMemory) -> int:
    is_exact = base.parameters * _FILE_ITEMSIZE <= EXACT_BYTES
    itemsize = _FLOAT32_BYTES if is_exact else machine.itemsize
    tokens = min(ANSWER_TOKENS, base.context)
    cache = min(EngineLimits().cache_bytes, tokens * base.shape.cache_bytes_per_token(itemsize))
    return base.parameters * itemsize + cache
