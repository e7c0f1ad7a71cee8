"""Base models kept in memory between jobs, each with its renderer."""

from dataclasses import dataclass
from pathlib import Path

import torch

from understudy.chat.renderer import ChatRenderer
from understudy.errors import InvalidRequestError
from understudy.modeling.linear import use_fastest_linear
from understudy.modeling.loading import LoadedBase, load_base
from understudy.modeling.packing import check_packing

_RESIDENT_BYTES = 8 * 1024**3


@dataclass(frozen=True, kw_only=True)
class WarmBase:
    """A base model that is ready to be trained on."""

    loaded: LoadedBase
    renderer: ChatRenderer
    stamp: tuple[tuple[str, int, int], ...]
    """Name, size and time of each file, so that a directory that changed is read again."""

    @property
    def bytes(self) -> int:
        """Size of its files."""
        return sum(size for _, size, _ in self.stamp)


class WarmBases:
    """Loads a base once and keeps it until others need the memory."""

    def __init__(self, dtype: torch.dtype, resident_bytes: int = _RESIDENT_BYTES) -> None:
        self._dtype = dtype
        self._resident_bytes = resident_bytes
        self._bases: dict[Path, WarmBase] = {}

    def get(self, directory: Path) -> WarmBase:
        """Return the base in `directory`, loading it when it is not here or has changed.

        Raises InvalidRequestError when the directory is not one that may be loaded.
        """
        stamp = _stamp_of(directory)
        # Taken out and put back at the end: the dict is ordered by last use.
        base = self._bases.pop(directory, None)
        if base is None or base.stamp != stamp:
            base = None
            self._make_room(sum(size for _, size, _ in stamp))
            base = WarmBase(
                loaded=_load_to_train(directory, self._dtype),
                renderer=ChatRenderer.from_directory(directory),
                stamp=stamp,
            )
        self._bases[directory] = base
        return base

    def _make_room(self, needed_bytes: int) -> None:
        resident = sum(base.bytes for base in self._bases.values())
        while self._bases and resident + needed_bytes > self._resident_bytes:
            resident -= self._bases.pop(next(iter(self._bases))).bytes


def _load_to_train(directory: Path, dtype: torch.dtype) -> LoadedBase:
    try:
        base = load_base(directory, dtype)
    except ValueError as error:
        # transformers says so when an architecture takes no attention function but its own.
        raise InvalidRequestError(
            f"Models of this architecture cannot be trained here yet: {error}",
            code="model_not_available",
            param="model",
        ) from error
    check_packing(base.model)
    use_fastest_linear(base.model)
    return base


def _stamp_of(directory: Path) -> tuple[tuple[str, int, int], ...]:
    if not directory.is_dir():
        return ()
    files = sorted(path for path in directory.iterdir() if path.is_file())
    return tuple((p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in files)
