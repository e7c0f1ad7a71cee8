"""What routes work with: one value per process, handed to each request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from understudy.answering.background import BackgroundResponses
from understudy.answering.serving import ServedModels
from understudy.config import AnswerKeeping
from understudy.inference.client import EngineClient
from understudy.registry.catalogue import CatalogueSource
from understudy.server.report_desk import ReportDesk
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that outlives a request."""

    database: Database
    blobs: BlobStore
    catalogue: CatalogueSource
    engine: EngineClient
    served: ServedModels
    background: BackgroundResponses
    reports: ReportDesk
    pepper: bytes
    organization: str
    """Slug that stands in the names of tuned models."""
    results_as_base64: bool
    """Whether a job's result file is served base64-encoded, as OpenAI does."""
    answers_of: Callable[[str], AnswerKeeping]
    """From the name of a project to which of its answers are stored, as it is set now."""


def services_of(request: Request) -> Services:
    """Return the services of the application that the request came to."""
    return request.app.state.services


ServicesDep = Annotated[Services, Depends(services_of)]
