"""Checks the files of jobs that wait, so that a bad one is reported before the trainer is free."""

import asyncio
import logging
import threading

from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_chat_file, parse_file
from understudy.data.files.validate import Which, check_prompt_file, check_training_file
from understudy.data.images.sources import LookedAtImages
from understudy.errors import JobFailedError
from understudy.jobs.queue.waiting import (
    WaitingJob,
    record_bad_files,
    record_good_files,
    unchecked_jobs,
)
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database

_log = logging.getLogger(__name__)

_EVERY_SECONDS = 1.0


async def check_waiting_files(database: Database, blobs: BlobStore, stops: threading.Event) -> None:
    """Check until `stops` is set; what needs the model is left to the trainer."""
    while not stops.is_set():
        for job in await asyncio.to_thread(unchecked_jobs, database):
            await asyncio.to_thread(check_files, database, blobs, job)
        await asyncio.sleep(_EVERY_SECONDS)


def check_files(database: Database, blobs: BlobStore, job: WaitingJob) -> None:
    """Read a job's files as the trainer will, and record whether they are good.

    A file that cannot be read, because its job was just deleted or its disk fails, says nothing of
    the job: the trainer meets the same in its turn, and nobody else's work here ends for it.
    """
    try:
        _check(blobs, job, job.training_blob, "training", job.training_file)
        if job.validation_blob is not None and job.validation_file is not None:
            _check(blobs, job, job.validation_blob, "validation", job.validation_file)
    except JobFailedError as error:
        _log.info("%s has bad files: %s", job.job_id, error.code)
        record_bad_files(database, job.job_id, error)
    except OSError as error:
        _log.warning("The files of %s cannot be read: %s", job.job_id, type(error).__qualname__)
    else:
        record_good_files(database, job.job_id)


def _check(blobs: BlobStore, job: WaitingJob, blob: str, which: Which, file_id: str) -> None:
    with blobs.path(blob).open("rb") as file:
        if job.method is Method.SUPERVISED:
            check_training_file(parse_chat_file(file, file_id, LookedAtImages()), which)
            return
        parsed = parse_file(file, job.method, file_id)
    check = check_prompt_file if job.method is Method.REINFORCEMENT else check_training_file
    check(parsed, which)
