"""Base models kept in memory between jobs, each with its renderer."""

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError
from understudy.file_stamps import FileStamp, stamps_of
from understudy.inference.forward.fitting import is_servable
from understudy.modeling.free_memory import free_bytes
from understudy.modeling.linear import use_fastest_linear
from understudy.modeling.loading import LoadedBase, check_directory, load_with_own_attention
from understudy.modeling.packing import Packing, examine_packing
from understudy.modeling.precision import compute_device
from understudy.modeling.tensors import count_elements

_RESIDENT_BYTES = 8 * 1024**3


@dataclass(frozen=True, kw_only=True)
class WarmBase:
    """A base model that is ready to be trained on."""

    loaded: LoadedBase
    renderer: ChatRenderer
    packing: Packing
    stamps: Mapping[str, FileStamp]
    """Of each file, so that a directory that changed is read again."""

    @property
    def bytes(self) -> int:
        """Size of its files."""
        return _size(self.stamps)


class WarmBases:
    """Loads a base once and keeps it until others need the memory."""

    def __init__(
        self,
        dtype: torch.dtype,
        resident_bytes: int = _RESIDENT_BYTES,
        free: Callable[[], int] = lambda: free_bytes(compute_device()),
    ) -> None:
        self._dtype = dtype
        self._resident_bytes = resident_bytes
        self._free = free
        self._bases: dict[Path, WarmBase] = {}

    def get(self, directory: Path) -> WarmBase:
        """Return the base in `directory`, loading it when it is not here or has changed.

        Raises InvalidRequestError when the directory is not one that may be loaded, or the model is
        one that cannot be trained or served here.
        """
        stamps = stamps_of(directory)
        # Taken out and put back at the end: the dict is ordered by last use.
        base = self._bases.pop(directory, None)
        if base is None or base.stamps != stamps:
            base = None
            self._make_room(_size(stamps))
            self._check_room(directory)
            loaded = _load(directory, self._dtype)
            base = WarmBase(
                loaded=loaded,
                renderer=ChatRenderer.from_directory(directory),
                packing=examine_packing(loaded.model, loaded.own_attention),
                stamps=stamps,
            )
        self._bases[directory] = base
        return base

    def forget(self, directory: Path) -> None:
        """Keep a base no longer, because its weights are about to become another model's."""
        self._bases.pop(directory, None)

    def free(self) -> int:
        """Return the free memory."""
        return self._free()

    def free_for(self, directory: Path) -> int:
        """Return the free memory once all bases but one have left it."""
        for other in [name for name in self._bases if name != directory]:
            self.forget(other)
        gc.collect()
        return self._free()

    def _make_room(self, needed_bytes: int) -> None:
        resident = sum(base.bytes for base in self._bases.values())
        while self._bases and resident + needed_bytes > self._resident_bytes:
            resident -= self._bases.pop(next(iter(self._bases))).bytes

    def _check_room(self, directory: Path) -> None:
        check_directory(directory)
        needed = count_elements(directory) * self._dtype.itemsize
        if needed <= self._free():
            return
        free = self.free_for(directory)
        if needed > free:
            # Loaded nevertheless, it would not fail: the system would end this process.
            raise InvalidRequestError(
                f"its weights need {needed / 1e9:,.2f} GB of memory, and {free / 1e9:,.2f} GB are "
                "free. A smaller base or a machine with more memory helps.",
                code="insufficient_memory",
                param="model",
            )


def _load(directory: Path, dtype: torch.dtype) -> LoadedBase:
    try:
        base = load_with_own_attention(directory, dtype)
    except (ValueError, ImportError) as error:
        # transformers says so when it cannot build an architecture.
        raise InvalidRequestError(
            f"Models of this architecture cannot be trained here yet: {error}",
            code="model_not_available",
            param="model",
        ) from error
    if not is_servable(base.model):
        raise InvalidRequestError(
            f"Models of the architecture {base.model.config.model_type} cannot be served here, so "
            "that nobody could ask what a job makes of them.",
            code="model_not_available",
            param="model",
        )
    use_fastest_linear(base.model)
    return base


def _size(stamps: Mapping[str, FileStamp]) -> int:
    return sum(stamp.size_bytes for stamp in stamps.values())
