"""Opens everything that a server needs, from the settings of one home."""

from importlib.util import find_spec

from understudy.answering.asking import Asker, Patience
from understudy.answering.embedding.models import EmbeddingModels
from understudy.answering.judging import grader_contexts
from understudy.answering.models import ServedModels
from understudy.answering.moderation.configured import LiveModerator
from understudy.answering.remote.model import RemoteModels
from understudy.answering.renderers import Renderers
from understudy.answering.responses.background import BackgroundResponses
from understudy.bases.fit import MemoryLook
from understudy.bases.launcher import AdditionLauncher
from understudy.config.settings import ResultFileEncoding
from understudy.config.settings_file import ModelEntries
from understudy.config.source import SettingsSource
from understudy.data.images.fetching import ImageFetcher
from understudy.distilling.shadow.traffic import AliasTraffic
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import LocalSandbox
from understudy.inference.client import EngineClient
from understudy.registry.live_catalogue import LiveCatalogue
from understudy.server.dashboard.built_files import load_dashboard
from understudy.server.files.counts import TokenCountCache
from understudy.server.files.line_indexes import LineIndexes
from understudy.server.files.report_limiter import ReportLimiter
from understudy.server.models.weights import WeightsReader
from understudy.server.services import BaseChanges, Services
from understudy.server.usage_counting import UsageCounter
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.files.images import ImageLibrary
from understudy.storage.keys import load_pepper
from understudy.webhooks.endpoints import EndpointPolicy

# A client waits for the answer, and asks again by itself.
_MAX_REMOTE_WAIT_SECONDS = 30.0


def open_services(source: SettingsSource) -> Services:
    """Open the database, the blobs and the way to the engine of a home."""
    settings = source()
    settings.make_directories()
    database = Database(settings.database_url)
    database.migrate()
    blobs = BlobStore(settings.blobs_directory)
    images = ImageLibrary(
        database=database,
        blobs=blobs,
        fetching=lambda: ImageFetcher() if source().fetches_images else None,
    )
    catalogue = LiveCatalogue(source)
    limiter = ReportLimiter()
    engine = EngineClient(settings.engine_socket)
    served = ServedModels(
        database=database,
        catalogue=catalogue,
        renderers=Renderers(),
        remotes=RemoteModels(max_wait_seconds=_MAX_REMOTE_WAIT_SECONDS, blobs=blobs),
        releases=lambda project: source().releases_of(project),
    )
    # A client waits for the answer: that the engine is away is reported at once.
    asker = Asker(engine=engine, served=served, patience=Patience(seconds=0.0))
    sandbox = LocalSandbox(SandboxLimits(seconds=settings.python_grader_seconds))
    embeddings = EmbeddingModels(
        served=served, engine=engine, preferred=lambda: source().cosine_model
    )
    pepper = load_pepper(settings.pepper_file)
    return Services(
        database=database,
        blobs=blobs,
        images=images,
        exports_directory=settings.exports_directory,
        catalogue=catalogue,
        engine=engine,
        served=served,
        embeddings=embeddings,
        moderator=LiveModerator(lambda: source().moderator, asker),
        screening_of=lambda project: source().screening_of(project),
        background=BackgroundResponses(database, engine),
        traffic=AliasTraffic(asker),
        usage=UsageCounter(database),
        report_limiter=limiter,
        weights=WeightsReader(),
        token_counts=TokenCountCache(limiter),
        line_indexes=LineIndexes(),
        dashboard=load_dashboard(),
        sandbox=sandbox,
        grader_context_of=grader_contexts(asker, sandbox, embeddings),
        bases=BaseChanges(
            directory=settings.bases_directory,
            entries=ModelEntries(settings.settings_file),
            launcher=AdditionLauncher(
                settings.home, settings.bases_directory, settings.logs_directory
            ),
            memory=MemoryLook(),
        ),
        pepper=pepper,
        webhook_policy=lambda: EndpointPolicy(
            pepper=pepper, allows_private=source().private_webhooks
        ),
        organization=settings.organization,
        has_wandb=settings.wandb is not None and find_spec("wandb") is not None,
        results_as_base64=settings.result_file_encoding is ResultFileEncoding.BASE64,
        answers_of=lambda project: source().answers_of(project),
    )
