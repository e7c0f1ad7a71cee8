"""Opens everything that a server needs, from the settings of one home."""

from understudy.answering.background import BackgroundResponses
from understudy.answering.renderers import Renderers
from understudy.answering.serving import ServedModels
from understudy.config import ResultFileEncoding, SettingsSource
from understudy.inference.client import EngineClient
from understudy.registry.catalogue import Catalogue, InvalidCatalogueError, catalogue_of
from understudy.server.deps import Services
from understudy.server.report_desk import ReportDesk
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.keys import load_pepper


def open_services(source: SettingsSource) -> Services:
    """Open the database, the blobs and the way to the engine of a home."""
    settings = source()
    settings.make_directories()
    database = Database(settings.database_url)
    database.migrate()
    catalogue = LiveCatalogue(source)
    engine = EngineClient(settings.engine_socket)
    return Services(
        database=database,
        blobs=BlobStore(settings.blobs_directory),
        catalogue=catalogue,
        engine=engine,
        served=ServedModels(database=database, catalogue=catalogue, renderers=Renderers()),
        background=BackgroundResponses(database, engine),
        reports=ReportDesk(),
        pepper=load_pepper(settings.pepper_file),
        organization=settings.organization,
        results_as_base64=settings.result_file_encoding is ResultFileEncoding.BASE64,
        answers_of=lambda project: source().answers_of(project),
    )


class LiveCatalogue:
    """The catalogue as `understudy.toml` says now; while that is wrong, as it last was right."""

    def __init__(self, source: SettingsSource) -> None:
        self._source = source
        self._settings = source()
        self._catalogue = catalogue_of(self._settings.models, self._settings.aliases)

    def __call__(self) -> Catalogue:
        """Return the current catalogue."""
        settings = self._source()
        if settings is not self._settings:
            self._settings = settings
            try:
                self._catalogue = catalogue_of(settings.models, settings.aliases)
            except InvalidCatalogueError:
                return self._catalogue
        return self._catalogue
