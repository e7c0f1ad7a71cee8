"""What every job of one trainer works with."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from understudy.config.settings import WandbAccount
from understudy.graders.build import GraderContext
from understudy.pulse import Progress
from understudy.registry.aliases import STRICT, Leniency
from understudy.storage.blobs import BlobStore
from understudy.storage.files.images import Fetching
from understudy.worker.trainer.bases import WarmBases
from understudy.worker.trainer.screening.file import Services

GraderContexts = Callable[[str], GraderContext]
"""From a project to what its graders work with."""


def _strict(_base_name: str) -> Leniency:
    return STRICT


@dataclass(frozen=True, kw_only=True)
class TrainerContext:
    """What every job of one trainer works with."""

    bases: WarmBases
    blobs: BlobStore
    fetching: Fetching
    models_directory: Path
    tensorboard_directory: Path
    wandb_directory: Path
    wandb: WandbAccount | None
    """None where jobs cannot report to Weights & Biases."""
    open_graders: Callable[[], AbstractAsyncContextManager[GraderContexts]]
    """Provides what graders work with, on the event loop that enters it."""
    screening: Services
    """What training files are screened with."""
    progress: Progress = field(default_factory=Progress)
    """Marked by the thread that works on jobs."""
    leniency: Callable[[str], Leniency] = _strict
    """From the name of a job's base to what its alias has ignored that the base cannot follow."""
