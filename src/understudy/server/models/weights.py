"""How many parameters and bytes a model's directory holds, read again only when it changes."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from understudy.bases.directory import ModelDirectoryError, count_parameters, weight_files
from understudy.chat.named_templates.linked_base import source_of
from understudy.chat.rendering.model_files import context_length_of, read_json
from understudy.file_stamps import FileStamp, stamps_of


@dataclass(frozen=True, kw_only=True)
class StoredWeights:
    """What lies in the directory of a base, an adapter or a wholly trained model."""

    place: Path
    """The directory whose bytes these are: that of another base, where this one links to it."""
    bytes: int
    parameters: int | None
    """None where the weights are away or damaged."""
    context: int | None
    """Tokens that it reads; None for an adapter, which does not say."""


class WeightsReader:
    """Reads the directories of models; what it found is kept while their files stay the same."""

    def __init__(self) -> None:
        self._found: dict[Path, tuple[Mapping[str, FileStamp], StoredWeights]] = {}
        self._lock = threading.Lock()

    def read(self, directory: Path) -> StoredWeights | None:
        """Return what a directory holds, or None where there is none; blocks."""
        place = source_of(directory)
        try:
            stamps = stamps_of(place)
        except OSError:
            return None
        if not stamps:
            return None
        with self._lock:
            known = self._found.get(place)
        if known is not None and known[0] == stamps:
            return known[1]
        found = StoredWeights(
            place=place,
            bytes=sum(stamp.size_bytes for stamp in stamps.values()),
            parameters=_parameters(place),
            context=_context(place),
        )
        with self._lock:
            self._found[place] = (stamps, found)
        return found


def _parameters(directory: Path) -> int | None:
    try:
        return sum(count_parameters(path) for path in weight_files(directory))
    except (ModelDirectoryError, OSError):
        return None


def _context(directory: Path) -> int | None:
    try:
        config = read_json(directory / "config.json")
    except (OSError, ValueError):
        return None
    return context_length_of(config) if config else None
