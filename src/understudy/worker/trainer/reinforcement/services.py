"""What a job's graders work with: models to ask as judges, and the sandbox for users' Python."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from understudy.answering.asking import Asker, Patience
from understudy.answering.embedding.models import EmbeddingModels
from understudy.answering.judging import grader_contexts
from understudy.answering.models import ServedModels
from understudy.answering.remote.model import RemoteModels
from understudy.answering.renderers import Renderers
from understudy.config.source import SettingsSource
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import LocalSandbox
from understudy.inference.client import EngineClient
from understudy.registry.live_catalogue import LiveCatalogue
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.worker.trainer.context import GraderContexts

# The engine is restarted within seconds when it dies; this long means that it does not come back.
_PATIENCE = Patience(seconds=120.0)
# Where the operator allows few requests a minute, the answers of a step wait their turn.
_MAX_REMOTE_WAIT_SECONDS = 3600.0


@asynccontextmanager
async def grader_services(
    source: SettingsSource, database: Database
) -> AsyncGenerator[GraderContexts]:
    """Provide what graders work with for as long as the context lasts."""
    settings = source()
    engine = EngineClient(settings.engine_socket)
    blobs = BlobStore(settings.blobs_directory)
    served = ServedModels(
        database=database,
        catalogue=LiveCatalogue(source),
        renderers=Renderers(),
        remotes=RemoteModels(max_wait_seconds=_MAX_REMOTE_WAIT_SECONDS, blobs=blobs),
    )
    sandbox = LocalSandbox(SandboxLimits(seconds=settings.python_grader_seconds))
    asker = Asker(engine=engine, served=served, patience=_PATIENCE)
    embeddings = EmbeddingModels(
        served=served, engine=engine, preferred=lambda: source().cosine_model
    )
    try:
        yield grader_contexts(asker, sandbox, embeddings)
    finally:
        await sandbox.close()
        await served.remotes.close()
        await engine.close()
