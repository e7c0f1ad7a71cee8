"""Exports as work: asked for by a project, done by whoever takes them by lease."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path

from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.exporting.difference import Difference
from understudy.exporting.finished import is_export_of
from understudy.exporting.order import ExportFormat, ExportOrder, NumberType
from understudy.ids import new_id
from understudy.jobs.exports import ExportRequest, order_of
from understudy.registry.catalogue import Catalogue
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.exports import find_export, list_exports
from understudy.storage.tables.exports import ExportRow
from understudy.wording import worded
from understudy.work.lease import Hold, free, held
from understudy.work.policy import LeasePolicy

_GAVE_UP = (
    "The exporting process ended several times before it was done, mostly for lack of memory; "
    "the runner's log says more."
)


class ExportStatus(StrEnum):
    """The states of an export."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


def create_export(
    db: Database,
    blobs: BlobStore,
    catalogue: Catalogue,
    project_id: str,
    request: ExportRequest,
    *,
    directory: Path,
) -> ExportRow:
    """Queue an export, or return the same one where it is under way or lies in `directory`.

    Raises what `order_of` does.
    """
    with db.write() as session:
        for row in list_exports(session, project_id, request.model):
            if request_of(row) != request or row.status == ExportStatus.FAILED:
                continue
            output = directory / row.id
            found = order_of(
                session, blobs, catalogue, request, project_id=project_id, output=output
            )
            if row.status != ExportStatus.SUCCEEDED or is_export_of(found):
                return row
        export_id = new_id("export-")
        # What cannot be exported at all is refused now and not by the runner.
        output = directory / export_id
        order_of(session, blobs, catalogue, request, project_id=project_id, output=output)
        row = ExportRow(
            id=export_id,
            project_id=project_id,
            model=request.model,
            format=request.format,
            number_type=request.number_type,
            status=ExportStatus.QUEUED,
            created_at=int(db.now(session)),
            finished_at=None,
            step=None,
            difference=None,
            error_message=None,
        )
        session.add(row)
        return row


def get_export(db: Database, project_id: str, export_id: str) -> ExportRow:
    """Return a project's export; raises NotFoundError."""
    with db.read() as session:
        return find_export(session, project_id, export_id)


def exports_of_project(db: Database, project_id: str, model: str | None) -> list[ExportRow]:
    """Return a project's exports, or those of one model, newest first."""
    with db.read() as session:
        return list_exports(session, project_id, model)


def finished_directory(db: Database, project_id: str, export_id: str, directory: Path) -> Path:
    """Return where a finished export lies; raises NotFoundError for one that is not there."""
    row = get_export(db, project_id, export_id)
    place = directory / row.id
    if row.status != ExportStatus.SUCCEEDED or not place.is_dir():
        raise NotFoundError(
            worded(
                "jobs.export_nothing_download",
                "The export {id} has nothing to download: it is {status}.",
                id=row.id,
                status=row.status,
            ),
            param="export_id",
        )
    return place


def delete_export(db: Database, project_id: str, export_id: str, directory: Path) -> None:
    """Delete an export with its files, or end one that is under way; raises NotFoundError."""
    with db.write() as session:
        row = find_export(session, project_id, export_id)
        session.delete(row)
    for left in directory.glob(f"*{export_id}*"):
        # Also what an attempt had not finished when it was killed.
        shutil.rmtree(left, ignore_errors=True)


def request_of(row: ExportRow) -> ExportRequest:
    """Return what was asked for."""
    return ExportRequest(
        model=row.model,
        format=ExportFormat(row.format),
        number_type=None if row.number_type is None else NumberType(row.number_type),
    )


def order_of_hold(
    db: Database,
    blobs: BlobStore,
    catalogue: Catalogue,
    hold: Hold[ExportRow],
    directory: Path,
) -> ExportOrder:
    """Return the order of an export that is held; raises LeaseLostError and as `order_of` does."""
    with db.write() as session:
        row = held(session, hold)
        return order_of(
            session,
            blobs,
            catalogue,
            request_of(row),
            project_id=row.project_id,
            output=directory / row.id,
        )


def record_step(db: Database, hold: Hold[ExportRow], sentence: str) -> None:
    """Write what is being done; raises LeaseLostError."""
    with db.write() as session:
        held(session, hold).step = sentence


def complete(db: Database, hold: Hold[ExportRow], difference: Difference) -> None:
    """Record an export that lies complete on the disk; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        row.difference = asdict(difference)
        _end(row, ExportStatus.SUCCEEDED, db.now(session))


def fail(db: Database, hold: Hold[ExportRow], message: str) -> None:
    """Record why there is no export; raises LeaseLostError."""
    with db.write() as session:
        row = held(session, hold)
        row.error_message = message
        _end(row, ExportStatus.FAILED, db.now(session))


def difference_of(stored: Mapping[str, float | int | str]) -> Difference:
    """Read what `complete` wrote."""
    return Difference(**stored)  # pyright: ignore[reportArgumentType]  # as it was written


def _claimed(_session: Session, row: ExportRow, _now: float) -> None:
    row.status = ExportStatus.RUNNING


def _give_up(_session: Session, row: ExportRow, now: float) -> None:
    row.error_message = _GAVE_UP
    _end(row, ExportStatus.FAILED, now)


def _end(row: ExportRow, status: ExportStatus, now: float) -> None:
    row.status = status
    row.step = None
    row.finished_at = int(now)
    free(row)


EXPORTS = LeasePolicy(
    row=ExportRow,
    order=ExportRow.seq,
    statuses=frozenset({ExportStatus.QUEUED, ExportStatus.RUNNING}),
    backoff_seconds=(0.0, 5.0, 30.0),
    max_stalled_attempts=3,
    give_up=_give_up,
    record_claim=_claimed,
)
"""Exports, for whoever takes them by lease."""
