"""The runner process, `python -m understudy.worker.runner --home DIR`: evals and report cards."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from understudy.answering.judging import grader_contexts
from understudy.answering.models import ServedModels
from understudy.answering.renderers import Renderers
from understudy.config import SettingsSource
from understudy.evals.lease import Hold
from understudy.evals.recording import RUNS
from understudy.evals.report_cards.record import REPORTS
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import LocalSandbox
from understudy.inference.client import EngineClient
from understudy.lifeline import end_when_orphaned
from understudy.logs import configure_logging
from understudy.registry.live_catalogue import LiveCatalogue
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.tables.evals import EvalRunRow, JobReportRow
from understudy.worker.runner.asking import Asker
from understudy.worker.runner.loop import Trade, take_work
from understudy.worker.runner.report_card import make_report_card
from understudy.worker.runner.run import RunDesk, run_eval

_log = logging.getLogger("understudy.worker.runner")

# The engine is back within seconds when it was killed.
_JUDGE_PATIENCE_SECONDS = 120.0


def main() -> None:
    """Read the command line and work."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument("--home", type=Path, required=True, help="the server's home directory")
    parser.add_argument("--parent-fd", type=int, help="end when this inherited pipe closes")
    arguments = parser.parse_args()
    configure_logging()
    if arguments.parent_fd is not None:
        end_when_orphaned(arguments.parent_fd)
    asyncio.run(work(arguments.home))
    _log.info("runner ends")


async def work(home: Path) -> None:
    """Work for a home until the process is asked to end."""
    stops = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stops.set)
    source = SettingsSource(home)
    settings = source()
    database = Database(settings.database_url)
    engine = EngineClient(settings.engine_socket)
    served = ServedModels(database=database, catalogue=LiveCatalogue(source), renderers=Renderers())
    sandbox = LocalSandbox(SandboxLimits(seconds=settings.python_grader_seconds))
    desk = RunDesk(
        database=database,
        blobs=BlobStore(settings.blobs_directory),
        asker=Asker(engine=engine, served=served),
        grader_context_of=grader_contexts(
            served, engine, sandbox, patience_seconds=_JUDGE_PATIENCE_SECONDS
        ),
    )

    async def work_on_run(hold: Hold[EvalRunRow]) -> None:
        await run_eval(desk, hold)

    async def work_on_report(hold: Hold[JobReportRow]) -> None:
        await make_report_card(desk.database, desk.blobs, desk.asker, hold)

    _log.info("runner ready")
    trades = [Trade(kind=RUNS, work=work_on_run), Trade(kind=REPORTS, work=work_on_report)]
    await take_work(database, trades, stops)
    await sandbox.close()
    await engine.close()
    database.close()


if __name__ == "__main__":
    main()
