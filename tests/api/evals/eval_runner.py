"""The runner of evals and distillations in this process, beside the server of the API tests."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.api.harness import RunningServer
from understudy.answering.asking import Asker, Patience
from understudy.answering.judging import grader_contexts
from understudy.answering.remote.model import RemoteModels
from understudy.distilling.record import DISTILLATIONS
from understudy.distilling.steps import StepContext
from understudy.evals.recording import RUNS
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import LocalSandbox
from understudy.inference.client import EngineClient
from understudy.storage.tables.distillations import DistillationRow
from understudy.storage.tables.evals import EvalRunRow
from understudy.work.attempt import attempt
from understudy.work.lease import Hold
from understudy.work.loop import WorkKind, take_work
from understudy.worker.runner.distill import DistillContext, distill
from understudy.worker.runner.run import RunContext, run_eval


@contextmanager
def running_runner(server: RunningServer) -> Iterator[None]:
    """Work on the evals and distillations of a server until the end."""
    stops = threading.Event()

    async def work() -> None:
        services = server.services
        engine = EngineClient(server.engine.socket_path)
        sandbox = LocalSandbox(SandboxLimits(seconds=5))
        # Its own, as the runner's process has: connections belong to one event loop.
        remotes = RemoteModels(max_wait_seconds=60, blobs=services.blobs)
        served = replace(services.served, remotes=remotes)
        asker = Asker(engine=engine, served=served, patience=Patience(seconds=5.0))
        embeddings = replace(services.embeddings, served=served, engine=engine)
        context = RunContext(
            database=services.database,
            blobs=services.blobs,
            images=services.images,
            asker=asker,
            grader_context_of=grader_contexts(asker, sandbox, embeddings),
        )

        async def on_run(hold: Hold[EvalRunRow]) -> None:
            await attempt(services.database, hold, run_eval(context, hold))

        runs = WorkKind(policy=RUNS, attempt=on_run)
        distilling = DistillContext(
            steps=StepContext(served=served, blobs=services.blobs),
            asker=asker,
            grader_context_of=context.grader_context_of,
        )

        async def on_distillation(hold: Hold[DistillationRow]) -> None:
            await attempt(services.database, hold, distill(distilling, hold))

        distillations = WorkKind(policy=DISTILLATIONS, attempt=on_distillation)
        async with asyncio.TaskGroup() as group:
            # A distillation waits for a job here until the end, and no eval waits for it.
            for kind, at_once in ((runs, 4), (distillations, 8)):
                taking = take_work(
                    services.database, [kind], "runner-1", stops, at_once=at_once, idle_seconds=0.02
                )
                group.create_task(taking)
        await sandbox.close()
        await remotes.close()
        await engine.close()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        yield
    finally:
        stops.set()
        thread.join(10)
        assert not thread.is_alive()
