"""What routes work with: one value per process, handed to each request."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from understudy.answering.embedding.models import EmbeddingModels
from understudy.answering.models import ServedModels
from understudy.answering.moderation.configured import LiveModerator
from understudy.answering.responses.background import BackgroundResponses
from understudy.answering.shown_images import ShownImages
from understudy.bases.fit import MemoryLook
from understudy.bases.launcher import AdditionLauncher
from understudy.bases.removal import Entries
from understudy.config.settings import AnswerKeeping
from understudy.distilling.shadow.traffic import AliasTraffic
from understudy.graders.build import GraderContext
from understudy.graders.python_code import Sandbox
from understudy.inference.client import EngineClient
from understudy.registry.catalogue import CatalogueSource
from understudy.registry.moderation import ScreeningPolicy
from understudy.server.dashboard.built_files import Dashboard
from understudy.server.files.counts import TokenCountCache
from understudy.server.files.line_indexes import LineIndexes
from understudy.server.files.report_limiter import ReportLimiter
from understudy.server.models.weights import WeightsReader
from understudy.server.usage_counting import ModelUsage, UsageCounter
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.files.images import ImageLibrary
from understudy.storage.tables.projects import ProjectRow
from understudy.webhooks.endpoints import EndpointPolicy


@dataclass(frozen=True, kw_only=True)
class BaseChanges:
    """What bases are added and removed with."""

    directory: Path
    """Where bases lie that belong to the home."""
    entries: Entries
    launcher: AdditionLauncher
    memory: MemoryLook


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that outlives a request."""

    database: Database
    blobs: BlobStore
    images: ImageLibrary
    exports_directory: Path
    catalogue: CatalogueSource
    engine: EngineClient
    served: ServedModels
    embeddings: EmbeddingModels
    moderator: LiveModerator
    screening_of: Callable[[str], ScreeningPolicy]
    """From the name of a project to what is flagged and screened, as it is set now."""
    background: BackgroundResponses
    traffic: AliasTraffic
    """Counts what is asked under aliases, and asks the models in their shadows."""
    usage: UsageCounter
    """Counts what is asked, by day, key and model."""
    report_limiter: ReportLimiter
    weights: WeightsReader
    """What the directories of models hold."""
    sandbox: Sandbox
    """Where the code of python graders runs."""
    token_counts: TokenCountCache
    line_indexes: LineIndexes
    dashboard: Dashboard
    grader_context_of: Callable[[str], GraderContext]
    """From a project to what its graders work with."""
    bases: BaseChanges
    pepper: bytes
    webhook_policy: Callable[[], EndpointPolicy]
    """What holds for webhook endpoints, as it is set now."""
    organization: str
    """Slug that stands in the names of tuned models."""
    has_wandb: bool
    """Whether jobs may report to Weights & Biases: there is an account, and its client."""
    results_as_base64: bool
    """Whether a job's result file is served base64-encoded, as OpenAI does."""
    answers_of: Callable[[str], AnswerKeeping]
    """From the name of a project to which of its answers are stored, as it is set now."""

    def usage_by(self, request: Request, project_id: str, model: str) -> ModelUsage:
        """Return what counts the requests to a model, by the key of this one."""
        key_id: str | None = getattr(request.state, "api_key_id", None)
        return self.usage.of(project_id, key_id, model)

    def shown_images(self, project_id: str, model: str | None) -> ShownImages:
        """Return where the images of one request to a model come from."""
        return ShownImages(
            served=self.served, library=self.images, project_id=project_id, model=model
        )


@dataclass(frozen=True, kw_only=True)
class InsideCall:
    """What a request that this process makes of itself carries instead of a key.

    It stands in the ASGI scope under `INSIDE`, where no client can put anything.
    """

    project: ProjectRow
    services: Services


INSIDE = "understudy.inside"


def inside_call(request: Request) -> InsideCall | None:
    """Return what a request of this process carries; None for one that came from a client."""
    return request.scope.get(INSIDE)


def services_of(request: Request) -> Services:
    """Return the services that a request is answered with."""
    inside = inside_call(request)
    return request.app.state.services if inside is None else inside.services


ServicesDep = Annotated[Services, Depends(services_of)]
