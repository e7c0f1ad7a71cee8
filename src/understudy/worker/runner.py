"""The runner process, `python -m understudy.worker.runner --home DIR`: evals and report cards."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from understudy.answering.placeholder_bench import bench
from understudy.answering.renderers import Renderers
from understudy.answering.serving import ServedModels
from understudy.config import SettingsSource
from understudy.inference.client import EngineClient
from understudy.lifeline import end_when_orphaned
from understudy.logs import configure_logging
from understudy.registry.live_catalogue import LiveCatalogue
from understudy.runs.lease import Hold
from understudy.runs.recording import RUNS
from understudy.runs.report_cards import REPORTS
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.eval_rows import EvalRunRow, JobReportRow
from understudy.worker.asking import Asker
from understudy.worker.eval_run import RunDesk, run_eval
from understudy.worker.report_card import make_report_card
from understudy.worker.runner_loop import Trade, take_work

_log = logging.getLogger("understudy.worker.runner")


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
    desk = RunDesk(
        database=database,
        blobs=BlobStore(settings.blobs_directory),
        asker=Asker(engine=engine, served=served),
        workbench_of=bench,
    )

    async def work_on_run(hold: Hold[EvalRunRow]) -> None:
        await run_eval(desk, hold)

    async def work_on_report(hold: Hold[JobReportRow]) -> None:
        await make_report_card(desk.database, desk.blobs, desk.asker, hold)

    _log.info("runner ready")
    trades = [Trade(kind=RUNS, work=work_on_run), Trade(kind=REPORTS, work=work_on_report)]
    await take_work(database, trades, stops)
    await engine.close()
    database.close()


if __name__ == "__main__":
    main()
