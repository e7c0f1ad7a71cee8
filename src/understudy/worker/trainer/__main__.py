"""The trainer process: `python -m understudy.worker.trainer --home DIR` works on job after job."""

import argparse
import asyncio
import logging
import signal
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from understudy.config.source import SettingsSource
from understudy.data.images.fetching import ImageFetcher
from understudy.errors import UnderstudyError
from understudy.jobs.claims import claim_of
from understudy.jobs.lease import JOBS
from understudy.lifeline import end_when_orphaned, stop_on_signals
from understudy.logs import configure_logging
from understudy.modeling.precision import fastest_dtype
from understudy.pulse import has_predecessor_hung, keep_marking, start_pulse
from understudy.registry.live_catalogue import LiveCatalogue
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.tables.jobs import JobRow
from understudy.work.lease import Hold
from understudy.work.loop import WorkKind, take_work
from understudy.worker.trainer.attempt import attempt
from understudy.worker.trainer.bases import WarmBases
from understudy.worker.trainer.context import TrainerContext
from understudy.worker.trainer.housekeeping import tidy
from understudy.worker.trainer.reinforcement.services import grader_services
from understudy.worker.trainer.screening.services import ScreeningServices

_log = logging.getLogger("understudy.worker.trainer")

WORKER_ID = "trainer-1"
"""The same in every process that succeeds another, so that it frees what that one held."""

_IDLE_SECONDS = 0.1
_TIDY_EVERY_SECONDS = 600.0


def work(
    database: Database,
    context: TrainerContext,
    worker_stops: threading.Event,
    *,
    predecessor_hung: bool = False,
) -> None:
    """Take jobs as they come and work on each, until `worker_stops` is set."""
    tidy_at = time.monotonic()

    async def train(hold: Hold[JobRow]) -> None:
        # It blocks: there is one job at a time, and training belongs to the main thread.
        attempt(claim_of(database, hold), database, context, worker_stops)

    def tidy_now_and_then() -> None:
        nonlocal tidy_at
        if time.monotonic() >= tidy_at:
            tidy(database, context.models_directory)
            tidy_at = time.monotonic() + _TIDY_EVERY_SECONDS

    async def take() -> None:
        # While a job is worked on it stands still: then the work marks what it gets done.
        marking = asyncio.create_task(keep_marking(context.progress))
        await take_work(
            database,
            [WorkKind(policy=JOBS, attempt=train)],
            WORKER_ID,
            worker_stops,
            at_once=1,
            idle_seconds=_IDLE_SECONDS,
            when_idle=tidy_now_and_then,
            predecessor_hung=predecessor_hung,
        )
        marking.cancel()

    asyncio.run(take())


def main() -> None:
    """Read the command line and work."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument("--home", type=Path, required=True, help="the server's home directory")
    parser.add_argument("--parent-fd", type=int, help="end when this inherited pipe closes")
    parser.add_argument(
        "--warm", action="append", default=[], metavar="DIR", help="load this base at the start"
    )
    arguments = parser.parse_args()
    configure_logging()
    pulse, predecessor_hung = start_pulse(), has_predecessor_hung()
    if arguments.parent_fd is not None:
        end_when_orphaned(arguments.parent_fd)
    worker_stops = stop_on_signals(signal.SIGTERM, signal.SIGINT)
    source = SettingsSource(arguments.home)
    settings = source()
    database = Database(settings.database_url)
    catalogue = LiveCatalogue(source)
    context = TrainerContext(
        bases=WarmBases(fastest_dtype()),
        blobs=BlobStore(settings.blobs_directory),
        fetching=lambda: ImageFetcher() if source().fetches_images else None,
        models_directory=settings.models_directory,
        tensorboard_directory=settings.tensorboard_directory,
        wandb_directory=settings.wandb_directory,
        wandb=settings.wandb,
        open_graders=partial(grader_services, source, database),
        screening=ScreeningServices(source, database),
        progress=pulse.progress,
        leniency=lambda base_name: catalogue().leniency(base_name),
    )
    _warm(context.bases, arguments.warm)
    work(database, context, worker_stops, predecessor_hung=predecessor_hung)
    database.close()
    _log.info("trainer ends")


def _warm(bases: WarmBases, directories: Sequence[str]) -> None:
    for directory in directories:
        try:
            bases.get(Path(directory))
        except UnderstudyError as error:
            # A job that asks for this base will fail with the same words.
            _log.warning("%s is not loaded: %s", directory, error.message)


if __name__ == "__main__":
    main()
