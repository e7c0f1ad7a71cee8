"""What a runner works with, over the scripted engine of a running server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.api.harness import RunningServer
from understudy.answering.asking import Asker, Patience
from understudy.inference.client import EngineClient
from understudy.worker.runner.run import RunContext


@asynccontextmanager
async def run_context(server: RunningServer) -> AsyncIterator[RunContext]:
    """Yield what evals and report cards are made with."""
    engine = EngineClient(server.engine.socket_path)
    services = server.services
    yield RunContext(
        database=services.database,
        blobs=services.blobs,
        images=services.images,
        asker=Asker(
            engine=engine,
            served=services.served.for_examination,
            patience=Patience(seconds=5.0),
        ),
        grader_context_of=services.grader_context_of,
    )
    await engine.close()
