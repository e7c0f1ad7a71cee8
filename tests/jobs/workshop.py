"""A small real database with a project, a training file and two base models to tune."""

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.databases import new_database
from understudy.jobs.checkpoints import NewCheckpoint, add_checkpoint
from understudy.jobs.claims import Claim
from understudy.jobs.creation import NewJob
from understudy.jobs.lease import JOBS
from understudy.jobs.progress import started, step_metrics, validated
from understudy.jobs.service import create_job
from understudy.jobs.success import succeeded
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.storage.blobs import Blob
from understudy.storage.database import Database
from understudy.storage.files.files import NewFile, insert_file
from understudy.storage.projects import create_project
from understudy.storage.tables.jobs import JobRow
from understudy.training.metrics import StepMetrics
from understudy.work.lease import take_back_expired

BLOB = Blob(sha256="a" * 64, bytes=10)
RESULT = Blob(sha256="b" * 64, bytes=20)
NUMBERS = JobHyperparameters(n_epochs=3, batch_size=1, learning_rate_multiplier=1.0)

# Processes start within milliseconds from one that has imported everything already.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.jobs.doomed_worker"])


def base(name: str) -> BaseModel:
    return BaseModel(name=name, directory=Path("/bases") / name, created=1, is_builtin=True)


CATALOGUE = Catalogue(
    bases={name: base(name) for name in ("understudy-nano", "understudy-mini")},
    aliases={"gpt-4.1-nano-2025-04-14": "understudy-mini"},
)


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass(frozen=True)
class Workshop:
    """A database and the ids of what is in it."""

    db: Database
    project: str
    other_project: str
    file: str

    def create(self, **changes: object) -> JobRow:
        return create_job(self.db, CATALOGUE, self.project, self.wish(**changes))

    def wish(self, **changes: object) -> NewJob:
        fields: dict[str, object] = {
            "model": "understudy-nano",
            "training_file": self.file,
            "hyperparameters": JobHyperparameters(),
            "organization": "Ruming's Org",
        }
        return NewJob(**(fields | changes))  # type: ignore[arg-type]

    def add_file(self, purpose: str = "fine-tune", project: str | None = None) -> str:
        with self.db.write() as session:
            new = NewFile(
                project_id=project or self.project,
                purpose=purpose,
                filename="train.jsonl",
                blob=BLOB,
                created_at=1,
            )
            return insert_file(session, new).id


def open_workshop(path: Path, clock: Callable[[], float] | None = None) -> Workshop:
    db = new_database(path, clock)
    with db.write() as session:
        project = create_project(session, "default", created_at=1).id
        other = create_project(session, "other", created_at=2).id
    file = Workshop(db, project, other, "").add_file()
    return Workshop(db, project, other, file)


def step(number: int, total: int, loss: float = 0.5) -> StepMetrics:
    return StepMetrics(
        step=number, total_steps=total, train_loss=loss, train_mean_token_accuracy=0.9
    )


def checkpoint(number: int, total: int, directory: Path | None = None) -> NewCheckpoint:
    return NewCheckpoint(
        metrics=step(number, total),
        directory=directory or Path(f"/models/step-{number}"),
        manifest_sha256="c" * 64,
        renderer_hash="renderer",
    )


def reap(db: Database) -> int:
    """Take jobs back from silent workers, as every claim does; return how many."""
    with db.write() as session:
        return take_back_expired(session, JOBS, db.now(session))


def run_to_start(db: Database, claim: Claim) -> None:
    validated(db, claim)
    started(db, claim, NUMBERS, renderer_hash="renderer")


def run_to_end(db: Database, claim: Claim, epochs: int = 3) -> str:
    """Work a job off, two steps and a checkpoint in every epoch; return the model's name."""
    run_to_start(db, claim)
    total = 2 * epochs
    for last in range(2, total + 1, 2):
        step_metrics(db, claim, [step(last - 1, total), step(last, total)])
        add_checkpoint(db, claim, checkpoint(last, total))
    return succeeded(db, claim, result=RESULT, trained_tokens=123)
