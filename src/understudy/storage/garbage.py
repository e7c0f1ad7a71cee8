"""Which blobs and model directories nothing needs any more."""

import time
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from understudy.schemas.batches import UNFINISHED
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.evals.report_cards import QUEUED
from understudy.storage.files.uploads import expire_uploads
from understudy.storage.tables.answers import CompletionRow, ResponseRow
from understudy.storage.tables.batches import BatchRow
from understudy.storage.tables.evals import EvalRunRow, JobReportRow
from understudy.storage.tables.images import ImageRow, JobImageRow
from understudy.storage.tables.jobs import CheckpointRow, JobRow, TunedModelRow
from understudy.storage.tables.model_aliases import ComparisonRow
from understudy.storage.tables.projects import FileRow
from understudy.storage.tables.uploads import UploadPartRow

_GRACE_SECONDS = 600
_ABANDONED_UPLOAD_SECONDS = 24 * 3600


def directories_in_use(session: Session) -> set[str]:
    """Return every directory that a servable model or an unfinished job needs."""
    unfinished = JobRow.finished_at.is_(None)
    of_checkpoints = select(CheckpointRow.directory).join(JobRow, JobRow.id == CheckpointRow.job_id)
    continued = select(JobRow.continued_directory).where(
        unfinished, JobRow.continued_directory.is_not(None)
    )
    snapshots = select(JobRow.resume_directory).where(
        unfinished, JobRow.resume_directory.is_not(None)
    )
    queries = (
        select(TunedModelRow.directory),
        of_checkpoints.where(unfinished),
        # A job may begin at a whole model that another job made.
        select(JobRow.base_directory).where(unfinished),
        continued,
        snapshots,
    )
    taught = session.scalars(
        select(JobRow.teaching).where(unfinished, JobRow.teaching.is_not(None))
    )
    teachers = {(one or {}).get(part) for one in taught for part in ("directory", "adapter")}
    found = {name for query in queries for name in session.scalars(query)} | teachers
    return {name for name in found if name is not None}


def unfinished_jobs(session: Session) -> list[str]:
    """Return the jobs that somebody may still work on."""
    return list(session.scalars(select(JobRow.id).where(JobRow.finished_at.is_(None))))


def blobs_in_use(session: Session) -> set[str]:
    """Return every blob that a file, a part of one or an image names, or unfinished work."""
    unfinished = JobRow.finished_at.is_(None)
    queries = (
        select(FileRow.sha256),
        select(JobRow.training_blob).where(unfinished),
        select(JobRow.validation_blob).where(unfinished, JobRow.validation_blob.is_not(None)),
        select(ImageRow.sha256),
        select(JobImageRow.sha256).where(JobImageRow.sha256.is_not(None)),
        select(EvalRunRow.rows_blob).where(EvalRunRow.finished_at.is_(None)),
        select(BatchRow.input_blob).where(BatchRow.status.in_(UNFINISHED)),
        select(UploadPartRow.sha256),
        *(
            select(blob)
            .join(JobReportRow, JobReportRow.job_id == JobRow.id)
            .where(JobReportRow.status == QUEUED)
            for blob in (JobRow.training_blob, JobRow.validation_blob)
        ),
    )
    return {name for query in queries for name in session.scalars(query) if name is not None}


def forget_images_of_jobs(session: Session) -> None:
    """Delete what is recorded of the images of jobs that nobody works on or reports on."""
    queued = select(JobReportRow.job_id).where(JobReportRow.status == QUEUED)
    done = select(JobRow.id).where(JobRow.finished_at.is_not(None), JobRow.id.not_in(queued))
    session.execute(delete(JobImageRow).where(JobImageRow.job_id.in_(done)))


def delete_expired(
    session: Session,
    rows: type[FileRow | ImageRow | CompletionRow | ResponseRow | ComparisonRow],
    now: float,
) -> None:
    """Delete the rows whose time is over."""
    session.execute(delete(rows).where(rows.expires_at <= now))


def collect_blobs(
    database: Database, blobs: BlobStore, *, grace_seconds: float = _GRACE_SECONDS
) -> int:
    """Delete expired files and uploads, and the blobs nothing names; returns how many went.

    A blob younger than `grace_seconds` stays: its row may be on the way.
    """
    with database.write() as session:
        now = database.now(session)
        delete_expired(session, FileRow, now)
        delete_expired(session, ImageRow, now)
        forget_images_of_jobs(session)
        expire_uploads(session, now)
        in_use = blobs_in_use(session)
    unused = [blobs.path(name) for name in blobs.names() if name not in in_use]
    removed = [_remove_if_older(path, grace_seconds) for path in unused]
    for path in blobs.temporary.iterdir():
        _remove_if_older(path, _ABANDONED_UPLOAD_SECONDS)
    return sum(removed)


def _remove_if_older(path: Path, seconds: float) -> bool:
    # Another process may collect at the same time, or the same content may just come again,
    # which makes the file young: look right before removing.
    try:
        if path.stat().st_mtime >= time.time() - seconds:
            return False
        path.unlink()
    except FileNotFoundError:
        return False
    return True
