"""One attempt at a job, from its claim to its end, whatever happens in between."""

import errno
import logging
import threading

from safetensors import SafetensorError

from understudy.data.images.fetching import ImageFetcher
from understudy.data.images.sources import ImageSource
from understudy.errors import JobFailedError, StorageFaultError, StorageFullError
from understudy.jobs import progress
from understudy.jobs.claims import Claim
from understudy.jobs.images import images_of_job
from understudy.storage.database import Database
from understudy.storage.files.images import ImageShelf
from understudy.training.reporting import StopTraining
from understudy.wording import Sentence, worded
from understudy.work.lease import LeaseLostError, release
from understudy.work.policy import ExitReason
from understudy.worker.trainer.context import TrainerContext
from understudy.worker.trainer.fine_tune import fine_tune
from understudy.worker.trainer.heartbeat import job_heartbeat
from understudy.worker.trainer.listeners import Listeners, RunListener
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.stop_flag import StopFlag, StopReason
from understudy.worker.trainer.tensorboard import TensorBoardFiles
from understudy.worker.trainer.wandb_run import RunPlace, WandbRun

_log = logging.getLogger(__name__)

_DISK_FULL = worded(
    "job.disk_full",
    "There is no space left on the server's disk. The job continues from its last checkpoint as "
    "soon as there is space again.",
)
_RETRY_SECONDS = 2.0


def attempt(
    claim: Claim, database: Database, context: TrainerContext, worker_stops: threading.Event
) -> None:
    """Work on a job and record how that ended; returns when there is nothing left to record."""
    stop = StopFlag(worker_stops, context.progress)
    listeners = _listeners(claim, context)
    images = _images(claim, database, context)
    reporter = JobReporter(database, context.blobs, claim, stop, listeners, images)
    is_success = False
    try:
        with job_heartbeat(database, claim, stop):
            fine_tune(claim, context, reporter)
            _log.info("%s succeeded", claim.job_id)
            is_success = True
    except LeaseLostError:
        _log.warning(
            "%s went to another worker or was ended; nothing more is written", claim.job_id
        )
    except StopTraining:
        _log.info("%s stops: %s", claim.job_id, stop.reason)
        if stop.reason is StopReason.WORKER_STOPS:
            _give_back(database, claim, ExitReason.WORKER_STOPPED, worker_stops)
        elif stop.reason is StopReason.PAUSED:
            _give_back(database, claim, ExitReason.PAUSED, worker_stops)
    except JobFailedError as error:
        _log.info("%s failed: %s", claim.job_id, error.code)
        _fail(database, claim, error)
    except Exception as error:  # noqa: BLE001 - the outer edge: recorded, and the attempt ends
        if is_disk_full(error):
            _log.warning("%s waits: the disk is full", claim.job_id)
            _warn(database, claim, _DISK_FULL)
            _give_back(database, claim, ExitReason.STORAGE_FULL, worker_stops)
        else:
            _log.exception("the attempt at %s ended", claim.job_id)
            if isinstance(error, StorageFaultError):
                _warn(database, claim, error.message)
            _give_back(database, claim, ExitReason.INFRASTRUCTURE, worker_stops)
    finally:
        listeners.end(is_success=is_success)


def _images(claim: Claim, database: Database, context: TrainerContext) -> ImageSource:
    def fetching() -> ImageFetcher | None:
        # Asked for every image: each may take its time, and nothing is computed meanwhile.
        context.progress.mark()
        return context.fetching()

    shelf = ImageShelf(
        database=database,
        blobs=context.blobs,
        project_id=claim.project_id,
        fetching=fetching,
    )
    return images_of_job(shelf, claim.job_id, base=claim.base, base_directory=claim.base_directory)


def _listeners(claim: Claim, context: TrainerContext) -> Listeners:
    named: dict[str, RunListener] = {
        "TensorBoard": TensorBoardFiles(context.tensorboard_directory / claim.job_id)
    }
    for integration in claim.integrations:
        named[f"Weights & Biases ({integration.project})"] = WandbRun(
            RunPlace(
                account=context.wandb,
                integration=integration,
                job_id=claim.job_id,
                base_name=claim.base_name,
                directory=context.wandb_directory,
            )
        )
    return Listeners(named)


def is_disk_full(error: BaseException | None) -> bool:
    """Say whether a full disk is what lies under an error."""
    while error is not None:
        if isinstance(error, StorageFullError):
            return True
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        # The library wraps the system's error in a text of its own.
        if isinstance(error, SafetensorError) and f"os error {errno.ENOSPC}" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _fail(database: Database, claim: Claim, error: JobFailedError) -> None:
    try:
        progress.failed(
            database, claim, error.code or "invalid_request", error.message, error.param
        )
    except LeaseLostError:
        _log.warning("%s was ended by someone else", claim.job_id)


def _warn(database: Database, claim: Claim, message: Sentence) -> None:
    try:
        progress.warn(database, claim, message)
    except (LeaseLostError, StorageFaultError, StorageFullError) as error:
        _log.warning("%s: a warning was not recorded: %s", claim.job_id, error)


def _give_back(
    database: Database, claim: Claim, reason: ExitReason, worker_stops: threading.Event
) -> None:
    """Free the job for the next attempt, trying again while the disk has no room for that."""
    while True:
        try:
            release(database, claim.hold, reason)
        except LeaseLostError:
            _log.warning("%s was taken away already", claim.job_id)
        except StorageFullError:
            if not worker_stops.wait(_RETRY_SECONDS):
                continue
        return
