"""Additions a server was asked for: each is a file that says how far it is or how it ended."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from understudy.bases.adding import NewBase
from understudy.bases.progress import Progress
from understudy.errors import NotFoundError
from understudy.ids import new_id
from understudy.wording import worded

_MAX_ENDED = 20


class AdditionStatus(StrEnum):
    """Where an addition is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNENDED = frozenset({AdditionStatus.QUEUED, AdditionStatus.RUNNING})


@dataclass(frozen=True, kw_only=True)
class Addition:
    """One addition, as its file keeps it."""

    id: str
    name: str
    hub_id: str | None
    directory: str | None
    gguf: str | None
    is_copied: bool
    created_at: int
    status: str = AdditionStatus.QUEUED
    phase: str | None = None
    source: str | None = None
    done_bytes: int = 0
    total_bytes: int | None = None
    message: str | None = None
    """Why it failed, or what should be known of the base that was added."""

    def wanted(self) -> NewBase:
        """Return the base that is to be added."""
        return NewBase(
            name=self.name,
            hub_id=self.hub_id,
            directory=None if self.directory is None else Path(self.directory),
            gguf=None if self.gguf is None else Path(self.gguf),
            is_copied=self.is_copied,
        )

    def at(self, progress: Progress) -> "Addition":
        """Return the addition, this far."""
        return replace(
            self,
            status=AdditionStatus.RUNNING,
            phase=progress.phase,
            source=progress.source,
            done_bytes=progress.done_bytes,
            total_bytes=progress.total_bytes,
        )

    def ended(self, status: AdditionStatus, message: str | None) -> "Addition":
        """Return the addition, ended."""
        return replace(self, status=status, message=message)


class Additions:
    """The additions of one home, in files that are replaced whole."""

    def __init__(self, bases_directory: Path) -> None:
        self.directory = bases_directory / ".additions"

    def create(self, new: NewBase, *, now: int) -> Addition:
        """Record an addition that nobody works on yet, and forget the oldest that ended."""
        addition = Addition(
            id=new_id("add_"),
            name=new.name,
            hub_id=new.hub_id,
            directory=None if new.directory is None else str(new.directory),
            gguf=None if new.gguf is None else str(new.gguf),
            is_copied=new.is_copied,
            created_at=now,
        )
        self.save(addition)
        for old in [a for a in self.all() if a.status not in UNENDED][_MAX_ENDED:]:
            self._path(old.id).unlink(missing_ok=True)
        return addition

    def save(self, addition: Addition) -> None:
        """Write how far an addition is; readers see the old file or the new one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.directory, prefix=".")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(addition), file)
        Path(name).replace(self._path(addition.id))

    def get(self, addition_id: str) -> Addition:
        """Return an addition; raises NotFoundError."""
        found = next((a for a in self.all() if a.id == addition_id), None)
        if found is None:
            raise NotFoundError(
                worded(
                    "bases.there_no_addition",
                    "There is no addition '{addition_id}'.",
                    addition_id=addition_id[:100],
                ),
                param="addition_id",
            )
        return found

    def all(self) -> list[Addition]:
        """Return all additions, newest first."""
        found: list[Addition] = []
        for path in self.directory.glob("*.json"):
            try:
                stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue  # it was forgotten between the two looks
            found.append(Addition(**stored))
        return sorted(found, key=lambda addition: (-addition.created_at, addition.id))

    def _path(self, addition_id: str) -> Path:
        return self.directory / f"{addition_id}.json"
