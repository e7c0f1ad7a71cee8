"""What a worker reports while a job runs: each report is one fenced transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from understudy.errors import JobFailedError
from understudy.ids import base62, new_id
from understudy.jobs import texts
from understudy.jobs.claims import Claim, ResumePoint
from understudy.jobs.ending import fail, move, note_progress
from understudy.jobs.keeping import drop_old_checkpoints, drop_snapshot
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.metrics import RecordedStep, StepMetrics, metrics_of
from understudy.jobs.serving import serve_checkpoint
from understudy.jobs.views import JobError
from understudy.planning.hyperparameters import ResolvedHyperparameters, to_json
from understudy.registry.names import IDENTIFIER_LENGTH, checkpoint_name
from understudy.storage.database import Database
from understudy.storage.jobs.checkpoints import find_checkpoint
from understudy.storage.jobs.events import NewEvent, append_event, metrics_events
from understudy.storage.models import ModelKind
from understudy.storage.tables.jobs import CheckpointRow, JobRow
from understudy.work.lease import held


@dataclass(frozen=True, kw_only=True)
class NewCheckpoint:
    """A checkpoint that is complete on disk: its manifest is written and it has its name."""

    metrics: StepMetrics
    directory: Path
    """A PEFT adapter directory."""
    manifest_sha256: str
    renderer_hash: str


class RecordedCheckpoint(NamedTuple):
    """A checkpoint that is recorded."""

    model_name: str
    removed_directories: tuple[Path, ...]
    """Directories of what was dropped for it: the oldest checkpoint, the snapshot of a pause."""


def validated(db: Database, claim: Claim) -> None:
    """Report that the files are good; a job that was validated before stays where it is."""
    with db.write() as session:
        job = held(session, claim.hold)
        # A job that was paused before its files were looked into is queued already.
        if job.status == JobStatus.VALIDATING_FILES:
            move(job, JobStatus.QUEUED)
        event = NewEvent(key="validated", message=texts.VALIDATED, data={})
        append_event(session, job.id, event, created_at=int(db.now(session)))


def started(
    db: Database, claim: Claim, resolved: ResolvedHyperparameters, renderer_hash: str
) -> None:
    """Report that training runs, with the numbers that "auto" became.

    Raises JobFailedError when an earlier attempt trained on tokens of another renderer.
    """
    with db.write() as session:
        job = held(session, claim.hold)
        job.estimated_finish = None
        if job.renderer_hash is not None:
            _check_renderer(job, renderer_hash)
        if job.status == JobStatus.RUNNING:
            return
        move(job, JobStatus.RUNNING)
        job.resolved = to_json(resolved)
        job.renderer_hash = renderer_hash
        event = NewEvent(key="started", message=texts.STARTED, data=None)
        append_event(session, job.id, event, created_at=int(db.now(session)))


def step_metrics(
    db: Database,
    claim: Claim,
    steps: Iterable[StepMetrics],
    *,
    estimated_finish: int | None = None,
) -> None:
    """Report finished steps, several in one transaction when they come fast.

    A step that an earlier attempt reported is the same fact and changes nothing.
    """
    with db.write() as session:
        job = held(session, claim.hold)
        if estimated_finish is not None:
            job.estimated_finish = estimated_finish
        now = int(db.now(session))
        news = [append_event(session, job.id, _step_event(step), created_at=now) for step in steps]
        if any(news):
            note_progress(job)


def recorded_steps(db: Database, claim: Claim) -> tuple[RecordedStep, ...]:
    """Return the metrics of every reported step, over all attempts, in order."""
    with db.read() as session:
        events = metrics_events(session, claim.job_id)
    steps = [RecordedStep(**event.data) for event in events if event.data is not None]
    return tuple(sorted(steps, key=lambda recorded: recorded.step))


def add_checkpoint(db: Database, claim: Claim, checkpoint: NewCheckpoint) -> RecordedCheckpoint:
    """Record a finished checkpoint and make it servable; the oldest beyond three goes.

    A checkpoint of the same step that is recorded already stays as it is.
    """
    with db.write() as session:
        job = held(session, claim.hold)
        existing = find_checkpoint(session, job.id, checkpoint.metrics.step)
        if existing is not None:
            return RecordedCheckpoint(existing.model_name, ())
        now = int(db.now(session))
        row = _checkpoint_row(job, claim, checkpoint, now)
        session.add(row)
        serve_checkpoint(session, job, row, ModelKind.CHECKPOINT, now=now)
        note_progress(job)
        removed = (*drop_old_checkpoints(session, job), *drop_snapshot(job))
        return RecordedCheckpoint(row.model_name, removed)


def add_snapshot(db: Database, claim: Claim, snapshot: ResumePoint) -> tuple[Path, ...]:
    """Record what a pause saved; returns directories that nothing names any more.

    A snapshot is where the job continues, not a model: it is neither listed nor served.
    """
    with db.write() as session:
        job = held(session, claim.hold)
        removed = drop_snapshot(job)
        job.resume_step = snapshot.step
        job.resume_directory = str(snapshot.directory)
        return tuple(directory for directory in removed if directory != snapshot.directory)


def failed(db: Database, claim: Claim, code: str, message: str, param: str | None) -> None:
    """End the job with an error that a retry would not heal."""
    with db.write() as session:
        error = JobError(code=code, message=message, param=param)
        fail(session, held(session, claim.hold), error, now=db.now(session))


def warn(db: Database, claim: Claim, message: str) -> None:
    """Add a warning to the job's events once, however many attempts notice it."""
    with db.write() as session:
        job = held(session, claim.hold)
        key = "warning:" + sha256(message.encode()).hexdigest()
        event = NewEvent(key=key, message=message, level="warn", data={})
        append_event(session, job.id, event, created_at=int(db.now(session)))


def inform(db: Database, claim: Claim, message: str) -> None:
    """Add something that needs no care to the job's events, once, as `warn` does."""
    with db.write() as session:
        job = held(session, claim.hold)
        key = "information:" + sha256(message.encode()).hexdigest()
        event = NewEvent(key=key, message=message, data={})
        append_event(session, job.id, event, created_at=int(db.now(session)))


def _check_renderer(job: JobRow, renderer_hash: str) -> None:
    if job.renderer_hash != renderer_hash:
        raise JobFailedError(
            f"The tokenizer or chat template of {job.base} changed while the job was running; "
            "create the job again.",
            code="model_changed",
            param="model",
        )


def _step_event(step: StepMetrics) -> NewEvent:
    data = {**metrics_of(step), "total_steps": step.total_steps}
    key = f"step:{step.step}"
    return NewEvent(key=key, message=texts.step_done(step), type="metrics", data=data)


def _checkpoint_row(
    job: JobRow, claim: Claim, checkpoint: NewCheckpoint, now: int
) -> CheckpointRow:
    step = checkpoint.metrics.step
    identifier = base62(IDENTIFIER_LENGTH)
    return CheckpointRow(
        job_id=job.id,
        step=step,
        id=new_id("ftckpt_"),
        model_name=checkpoint_name(job.base_name, job.organization, job.suffix, identifier, step),
        directory=str(checkpoint.directory),
        manifest_sha256=checkpoint.manifest_sha256,
        renderer_hash=checkpoint.renderer_hash,
        metrics=dict(metrics_of(checkpoint.metrics)),
        epoch=claim.hold.epoch,
        created_at=now,
    )
