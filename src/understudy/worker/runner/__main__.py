"""The runner process, `python -m understudy.worker.runner`: evals, report cards and exports."""

import argparse
import asyncio
import logging
import signal
import threading
from pathlib import Path

from understudy.answering.asking import Asker, Patience
from understudy.answering.embedding.models import EmbeddingModels
from understudy.answering.judging import grader_contexts
from understudy.answering.models import ServedModels
from understudy.answering.moderation.configured import LiveModerator
from understudy.answering.remote.model import RemoteModels
from understudy.answering.renderers import Renderers
from understudy.config.source import SettingsSource
from understudy.data.images.fetching import ImageFetcher
from understudy.distilling.record import DISTILLATIONS
from understudy.distilling.steps import StepContext
from understudy.evals.recording import RUNS
from understudy.evals.releases.record import CHECKS, queue_due_checks
from understudy.evals.report_cards.record import REPORTS
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import LocalSandbox
from understudy.inference.client import EngineClient
from understudy.inference.protocol import Priority
from understudy.jobs.export_rows import EXPORTS
from understudy.lifeline import end_when_orphaned, stop_on_signals
from understudy.logs import configure_logging
from understudy.pulse import has_predecessor_hung, keep_marking, start_pulse
from understudy.registry.live_catalogue import LiveCatalogue
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.files.images import ImageLibrary
from understudy.storage.keys import load_pepper
from understudy.storage.tables.distillations import DistillationRow
from understudy.storage.tables.evals import EvalRunRow, JobReportRow
from understudy.storage.tables.exports import ExportRow
from understudy.storage.tables.releases import ReleaseCheckRow
from understudy.storage.tables.webhooks import WebhookDeliveryRow
from understudy.webhooks.deliveries import DELIVERIES
from understudy.webhooks.endpoints import EndpointPolicy
from understudy.webhooks.sending import WebhookSender
from understudy.work.attempt import attempt
from understudy.work.lease import Hold
from understudy.work.loop import WorkKind, take_work
from understudy.worker.runner.distill import DistillContext, distill
from understudy.worker.runner.export import ExportContext, export
from understudy.worker.runner.file_checks import check_waiting_files
from understudy.worker.runner.release_check import CheckContext, make_release_check
from understudy.worker.runner.report_card import make_report_card
from understudy.worker.runner.run import RunContext, run_eval
from understudy.worker.runner.webhook import WebhookContext, deliver

_log = logging.getLogger("understudy.worker.runner")

WORKER_ID = "runner-1"
"""The same in every process that succeeds another, so that it frees what that one held."""

_AT_ONCE = 4
_DISTILLATIONS = 16
_DELIVERIES = 16
_IDLE_SECONDS = 0.1
_LOOK_SECONDS = 1.0
# The engine is restarted within seconds when it dies; this long means that it does not come back.
_PATIENCE = Patience(seconds=120.0)
# Where the operator allows few requests a minute, the items of a run wait their turn.
_MAX_REMOTE_WAIT_SECONDS = 3600.0


def main() -> None:
    """Read the command line and work."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument("--home", type=Path, required=True, help="the server's home directory")
    parser.add_argument("--parent-fd", type=int, help="end when this inherited pipe closes")
    arguments = parser.parse_args()
    configure_logging()
    if arguments.parent_fd is not None:
        end_when_orphaned(arguments.parent_fd)
    asyncio.run(work(arguments.home, stop_on_signals(signal.SIGTERM, signal.SIGINT)))
    _log.info("runner ends")


async def work(home: Path, stops: threading.Event) -> None:
    """Work for a home until `stops` is set."""
    marking = asyncio.create_task(keep_marking(start_pulse().progress))
    predecessor_hung = has_predecessor_hung()
    source = SettingsSource(home)
    settings = source()
    database = Database(settings.database_url)
    blobs = BlobStore(settings.blobs_directory)
    engine = EngineClient(settings.engine_socket, priority=Priority.BACKGROUND)
    catalogue = LiveCatalogue(source)
    served = ServedModels(
        database=database,
        catalogue=catalogue,
        renderers=Renderers(),
        remotes=RemoteModels(max_wait_seconds=_MAX_REMOTE_WAIT_SECONDS, blobs=blobs),
    )
    sandbox = LocalSandbox(SandboxLimits(seconds=settings.python_grader_seconds))
    asker = Asker(engine=engine, served=served, patience=_PATIENCE)
    embeddings = EmbeddingModels(
        served=served, engine=engine, preferred=lambda: source().cosine_model
    )
    context = RunContext(
        database=database,
        blobs=blobs,
        images=ImageLibrary(
            database=database,
            blobs=blobs,
            fetching=lambda: ImageFetcher() if source().fetches_images else None,
        ),
        asker=asker,
        grader_context_of=grader_contexts(asker, sandbox, embeddings),
    )

    async def work_on_run(hold: Hold[EvalRunRow]) -> None:
        await attempt(database, hold, run_eval(context, hold))

    async def work_on_report(hold: Hold[JobReportRow]) -> None:
        await attempt(database, hold, make_report_card(context, hold))

    exports = ExportContext(
        database=database,
        blobs=context.blobs,
        catalogue=catalogue,
        directory=settings.exports_directory,
    )

    async def work_on_export(hold: Hold[ExportRow]) -> None:
        await attempt(database, hold, export(exports, hold))

    distilling = DistillContext(
        steps=StepContext(served=served, blobs=context.blobs),
        asker=asker,
        grader_context_of=context.grader_context_of,
    )

    async def work_on_distillation(hold: Hold[DistillationRow]) -> None:
        await attempt(database, hold, distill(distilling, hold))

    # As it is at the start: to allow private addresses, the operator restarts the server.
    sender = WebhookSender(allows_private=settings.private_webhooks)
    webhooks = WebhookContext(
        database=database,
        policy=EndpointPolicy(
            pepper=load_pepper(settings.pepper_file), allows_private=settings.private_webhooks
        ),
        sender=sender,
    )

    async def work_on_delivery(hold: Hold[WebhookDeliveryRow]) -> None:
        await attempt(database, hold, deliver(webhooks, hold))

    checking = CheckContext(
        database=database,
        asker=asker,
        catalogue=catalogue,
        policy_of=lambda project: source().releases_of(project),
        moderator=LiveModerator(lambda: source().moderator, asker),
    )

    async def work_on_check(hold: Hold[ReleaseCheckRow]) -> None:
        await attempt(database, hold, make_release_check(checking, hold))

    _log.info("runner ready")
    kinds = [
        WorkKind(policy=RUNS, attempt=work_on_run),
        WorkKind(policy=REPORTS, attempt=work_on_report),
    ]
    async with asyncio.TaskGroup() as group:
        for some, at_once in (
            (kinds, _AT_ONCE),
            # Each export holds a whole model in memory, and evals do not wait for it.
            ([WorkKind(policy=EXPORTS, attempt=work_on_export)], 1),
            # Most of its time a distillation waits for a job, and others need not wait for it.
            ([WorkKind(policy=DISTILLATIONS, attempt=work_on_distillation)], _DISTILLATIONS),
            # Endpoints that do not answer keep their places for seconds.
            ([WorkKind(policy=DELIVERIES, attempt=work_on_delivery)], _DELIVERIES),
            # Whoever waits for a model's release waits for no run of an eval.
            ([WorkKind(policy=CHECKS, attempt=work_on_check)], 1),
        ):
            taking = take_work(
                database,
                some,
                WORKER_ID,
                stops,
                at_once=at_once,
                idle_seconds=_IDLE_SECONDS,
                predecessor_hung=predecessor_hung,
            )
            group.create_task(taking)
        group.create_task(_queue_checks(database, source, stops))
        group.create_task(check_waiting_files(database, blobs, stops))
    marking.cancel()
    await sandbox.close()
    await sender.aclose()
    await served.remotes.close()
    await engine.close()
    database.close()


async def _queue_checks(database: Database, source: SettingsSource, stops: threading.Event) -> None:
    """Queue the checks of models that have none, wherever the operator wants them checked."""
    while not stops.is_set():
        settings = source()
        policies = (settings.releases, *settings.releases_of_projects.values())
        if any(policy.checks for policy in policies):
            await asyncio.to_thread(queue_due_checks, database, settings.releases_of)
        await asyncio.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main()
