"""The runner of evals in this process, beside the server of the API tests."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.api.harness import RunningServer
from understudy.inference.client import EngineClient
from understudy.runs.lease import Hold
from understudy.runs.recording import RUNS
from understudy.storage.eval_rows import EvalRunRow
from understudy.worker.asking import Asker
from understudy.worker.eval_run import RunDesk, run_eval
from understudy.worker.runner_loop import Trade, take_work


@contextmanager
def running_runner(server: RunningServer) -> Iterator[None]:
    """Work on the evals of a server until the end."""
    loops: list[asyncio.AbstractEventLoop] = []
    stops = asyncio.Event()
    is_up = threading.Event()

    async def work() -> None:
        loops.append(asyncio.get_running_loop())
        is_up.set()
        services = server.services
        engine = EngineClient(server.engine.socket_path)
        desk = RunDesk(
            database=services.database,
            blobs=services.blobs,
            asker=Asker(engine=engine, served=services.served),
            workbench_of=services.workbench_of,
        )

        async def on_run(hold: Hold[EvalRunRow]) -> None:
            await run_eval(desk, hold)

        await take_work(
            services.database, [Trade(kind=RUNS, work=on_run)], stops, idle_seconds=0.02
        )
        await engine.close()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    assert is_up.wait(5)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(stops.set)
        thread.join(10)
        assert not thread.is_alive()
