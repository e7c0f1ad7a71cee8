"""Exports as the objects that stand on the wire, and as archives."""

import re
from pathlib import Path

from understudy.exporting.archive import ExportArchive
from understudy.jobs.export_rows import ExportStatus, difference_of
from understudy.schemas.exports import ExportDifference, ExportObject
from understudy.storage.tables.exports import ExportRow

_ODD_LETTERS = re.compile(r"[^A-Za-z0-9._-]+")


def export_object(row: ExportRow, directory: Path) -> ExportObject:
    """Write an export."""
    place = directory / row.id
    is_there = row.status == ExportStatus.SUCCEEDED and place.is_dir()
    return ExportObject(
        id=row.id,
        model=row.model,
        format=row.format,
        type=row.number_type,
        status=row.status,  # pyright: ignore[reportArgumentType]  # the states are these
        created_at=row.created_at,
        finished_at=row.finished_at,
        step=row.step,
        bytes=archive_of(row, place)[0].length if is_there else None,
        difference=_difference(row),
        error=row.error_message,
    )


def archive_of(row: ExportRow, directory: Path) -> tuple[ExportArchive, str]:
    """Return the archive of a finished export, and its name without an ending."""
    parts = [_ODD_LETTERS.sub("-", row.model)[:80], row.format, row.number_type]
    name = "-".join(part for part in parts if part)
    return ExportArchive(directory, name), name


def _difference(row: ExportRow) -> ExportDifference | None:
    if row.difference is None:
        return None
    found = difference_of(row.difference)
    return ExportDifference(
        mean=found.mean,
        largest=found.largest,
        same_choice=found.same_choice,
        tokens=found.tokens,
        bound=found.bound,
        sentence=found.sentence,
    )
