"""A home with a tiny base model, a project and training files, for the worker's tests."""

import json
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tests import tiny
from tests.databases import new_database
from understudy.config.safety import USUAL_SCREENING
from understudy.graders.build import GraderContext
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import LocalSandbox
from understudy.jobs.claims import Claim
from understudy.jobs.creation import NewJob
from understudy.jobs.lease import claim
from understudy.jobs.service import create_job, get_job, list_events
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.registry.moderation import ScreeningPolicy
from understudy.safety.judgement import Moderator
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.files.files import NewFile, insert_file
from understudy.storage.projects import create_project
from understudy.storage.tables.jobs import JobEventRow, JobRow
from understudy.worker.trainer.attempt import attempt
from understudy.worker.trainer.bases import WarmBases
from understudy.worker.trainer.context import GraderContexts, TrainerContext

BASE = "tiny"


def write_base(directory: Path, **shape: int) -> Path:
    """A random Llama with a tokenizer and a chat template, as transformers writes one."""
    vocabulary = tiny.tokenizer().get_vocab_size()
    model = tiny.llama(vocab_size=vocabulary, max_position_embeddings=128, **shape)
    tiny.write_renderer(directory)
    model.save_pretrained(directory)
    return directory


def chat_lines(count: int, answer: str = "Sunny") -> bytes:
    lines = [
        {
            "messages": [
                {"role": "user", "content": f"What is the weather in Paris {number}?"},
                {"role": "assistant", "content": answer},
            ]
        }
        for number in range(count)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@dataclass(frozen=True)
class Home:
    """A database, blobs and a base, as a trainer finds them."""

    path: Path
    database: Database
    context: TrainerContext
    project: str
    base_directory: Path

    def add_file(self, content: bytes) -> str:
        blob = self.context.blobs.write([content])
        new = NewFile(
            project_id=self.project,
            purpose="fine-tune",
            filename="chats.jsonl",
            blob=blob,
            created_at=1,
        )
        with self.database.write() as session:
            return insert_file(session, new).id

    def create_job(
        self,
        training: bytes | None = None,
        validation: bytes | None = None,
        epochs: int = 2,
        **changes: Any,
    ) -> JobRow:
        base = BaseModel(name=BASE, directory=self.base_directory, created=1, is_builtin=False)
        new = NewJob(
            training_file=self.add_file(training if training is not None else chat_lines(10)),
            validation_file=self.add_file(validation) if validation is not None else None,
            organization="personal",
            **({"model": BASE, "hyperparameters": _numbers(epochs), "seed": 7} | changes),
        )
        catalogue = Catalogue(bases={BASE: base}, aliases={})
        return create_job(self.database, catalogue, self.project, new)

    def claim(self, worker: str = "trainer-1") -> Claim:
        claimed = claim(self.database, worker)
        assert claimed is not None
        return claimed

    def attempt(self, claimed: Claim | None = None) -> None:
        attempt(claimed or self.claim(), self.database, self.context, threading.Event())

    def job(self, job_id: str) -> JobRow:
        return get_job(self.database, self.project, job_id)

    def events(self, job_id: str) -> list[JobEventRow]:
        """All events, oldest first."""
        page = list_events(self.database, self.project, job_id, after=None, limit=1000)
        return list(reversed(page.items))

    def warnings(self, job_id: str) -> list[str]:
        """All warnings but that nothing was screened, which every job of these tests has."""
        return [
            event.message
            for event in self.events(job_id)
            if event.level == "warn" and not event.message.startswith("Safety checks were not run")
        ]

    def messages(self, job_id: str) -> list[str]:
        return [event.message for event in self.events(job_id)]


def _numbers(epochs: int) -> JobHyperparameters:
    return JobHyperparameters(n_epochs=epochs, batch_size=5)


@asynccontextmanager
async def plain_graders() -> AsyncGenerator[GraderContexts]:
    """Graders with a real sandbox for Python, and without models to ask."""
    sandbox = LocalSandbox(SandboxLimits(seconds=5.0))
    nobody: Any = None
    try:
        yield lambda project: GraderContext(
            owner=project, judge=nobody, sandbox=sandbox, embedder=nobody
        )
    finally:
        await sandbox.close()


@dataclass
class Screening:
    """What a test screens with: nothing, until it says otherwise."""

    policy: ScreeningPolicy = USUAL_SCREENING
    moderator: Moderator | None = None

    def policy_of(self, project_id: str) -> ScreeningPolicy:
        return self.policy

    @asynccontextmanager
    async def open_moderator(self) -> AsyncGenerator[Moderator | None]:
        yield self.moderator


def open_home(path: Path, base_directory: Path) -> Home:
    database = new_database(path / "understudy.db")
    with database.write() as session:
        project = create_project(session, "default", created_at=1).id
    context = TrainerContext(
        fetching=lambda: None,
        bases=WarmBases(torch.float32),
        blobs=BlobStore(path / "blobs"),
        models_directory=path / "models",
        tensorboard_directory=path / "tensorboard",
        wandb_directory=path / "wandb",
        wandb=None,
        open_graders=plain_graders,
        screening=Screening(),
    )
    return Home(path, database, context, project, base_directory)
