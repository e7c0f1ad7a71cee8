"""Which file a file was made from, and what was done to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

Deed = Literal["edit", "repair", "split_training", "split_validation"]


@dataclass(frozen=True, kw_only=True)
class FileOrigin:
    """The file that another was made from; it may be deleted by now."""

    deed: Deed
    file_id: str
    filename: str
    counts: Mapping[str, int]
    """How many lines or rows, by what happened to them."""

    def to_json(self) -> dict[str, Any]:
        """Return what the column holds."""
        return {
            "deed": self.deed,
            "file_id": self.file_id,
            "filename": self.filename,
            "counts": dict(self.counts),
        }

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            deed=cast(Deed, held["deed"]),
            file_id=held["file_id"],
            filename=held["filename"],
            counts=held["counts"],
        )
