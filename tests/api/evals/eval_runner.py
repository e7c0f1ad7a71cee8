"""The runner of evals in this process, beside the server of the API tests."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.api.harness import RunningServer
from understudy.answering.judging import grader_contexts
from understudy.evals.lease import Hold
from understudy.evals.recording import RUNS
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import LocalSandbox
from understudy.inference.client import EngineClient
from understudy.storage.tables.evals import EvalRunRow
from understudy.worker.runner.asking import Asker
from understudy.worker.runner.loop import Trade, take_work
from understudy.worker.runner.run import RunDesk, run_eval


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
        sandbox = LocalSandbox(SandboxLimits(seconds=5))
        desk = RunDesk(
            database=services.database,
            blobs=services.blobs,
            asker=Asker(engine=engine, served=services.served),
            grader_context_of=grader_contexts(
                services.served, engine, sandbox, patience_seconds=5.0
            ),
        )

        async def on_run(hold: Hold[EvalRunRow]) -> None:
            await run_eval(desk, hold)

        await take_work(
            services.database, [Trade(kind=RUNS, work=on_run)], stops, idle_seconds=0.02
        )
        await sandbox.close()
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
