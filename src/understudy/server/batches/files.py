"""The files of a batch: outputs, and errors with what was not asked any more."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from understudy.schemas.batches import BatchStatus
from understudy.server.batches.asking import unasked
from understudy.server.batches.lines import requests_but
from understudy.storage.batches import answered_numbers, recorded_lines
from understudy.storage.blobs import Blob, BlobStore
from understudy.storage.database import Database
from understudy.storage.tables.batches import BatchRow

_UNASKED = {
    BatchStatus.EXPIRED: (
        "batch_expired",
        "This request could not be executed before the completion window expired.",
    ),
    BatchStatus.CANCELLED: (
        "batch_cancelled",
        "This request was not executed, because the batch was cancelled.",
    ),
}


class BatchFiles(NamedTuple):
    """The contents of a batch's files; None for one that would be empty."""

    outputs: Blob | None
    errors: Blob | None


def write_files(db: Database, blobs: BlobStore, row: BatchRow, ending: BatchStatus) -> BatchFiles:
    """Write what is recorded of a batch that ends; one line is in memory at a time. Blocks."""
    errors = recorded_lines(db, row.id, are_errors=True)
    # A batch that was cancelled while it was validated has no requests that are known to be any.
    if ending in _UNASKED and row.in_progress_at is not None:
        errors = chain(errors, _unasked_lines(db, blobs, row, ending))
    return BatchFiles(
        _write(blobs, recorded_lines(db, row.id, are_errors=False)), _write(blobs, errors)
    )


def _unasked_lines(
    db: Database, blobs: BlobStore, row: BatchRow, ending: BatchStatus
) -> Iterator[str]:
    with db.read() as session:
        known = answered_numbers(session, row.id)
    code, message = _UNASKED[ending]
    for line in requests_but(blobs.stored(row.input_blob), row.endpoint, known):
        yield unasked(line, code, message)


def _write(blobs: BlobStore, lines: Iterable[str]) -> Blob | None:
    blob = blobs.write(f"{line}\n".encode() for line in lines)
    return blob if blob.bytes else None
