"""What a screening works with: the moderation model and each project's policy, as they are set."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from understudy.answering.asking import Asker, Patience
from understudy.answering.models import ServedModels
from understudy.answering.moderation.configured import configured_moderator
from understudy.answering.remote.model import RemoteModels
from understudy.answering.renderers import Renderers
from understudy.config.source import SettingsSource
from understudy.inference.client import EngineClient
from understudy.registry.live_catalogue import LiveCatalogue
from understudy.registry.moderation import ScreeningPolicy
from understudy.safety.judgement import Moderator
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.tables.projects import ProjectRow

# The engine is restarted within seconds when it dies; this long means that it does not come back.
_PATIENCE = Patience(seconds=120.0)
# Where the operator allows few requests a minute, the lines of a file wait their turn.
_MAX_REMOTE_WAIT_SECONDS = 3600.0


class ScreeningServices:
    """What every screening of one trainer works with."""

    def __init__(self, source: SettingsSource, database: Database) -> None:
        self._source = source
        self._database = database

    def policy_of(self, project_id: str) -> ScreeningPolicy:
        """Return what is screened of a project's files, as it is set now."""
        with self._database.read() as session:
            project = session.get(ProjectRow, project_id)
        assert project is not None, "a job belongs to a project"
        return self._source().screening_of(project.name)

    @asynccontextmanager
    async def open_moderator(self) -> AsyncGenerator[Moderator | None]:
        """Provide the moderation model for as long as the context lasts; None without one."""
        settings = self._source()
        engine = EngineClient(settings.engine_socket)
        served = ServedModels(
            database=self._database,
            catalogue=LiveCatalogue(self._source),
            renderers=Renderers(),
            remotes=RemoteModels(
                max_wait_seconds=_MAX_REMOTE_WAIT_SECONDS,
                blobs=BlobStore(settings.blobs_directory),
            ),
        )
        asker = Asker(engine=engine, served=served, patience=_PATIENCE)
        try:
            yield configured_moderator(settings.moderator, asker)
        finally:
            await served.remotes.close()
            await engine.close()
