"""A worker's hold on a job, and the fence that keeps everyone else's writes out."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from understudy.errors import UnderstudyError
from understudy.jobs.integrations import WandbIntegration, integrations_of
from understudy.jobs.lifecycle import CLAIMABLE
from understudy.planning.hyperparameters import JobHyperparameters, hyperparameters_from_json
from understudy.registry.tuning import Tuning, tuning_from_json
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.jobs.jobs import lock_job_at_epoch
from understudy.storage.tables.jobs import JobRow


class LeaseLostError(UnderstudyError):
    """The job is no longer this worker's: it was cancelled, or another worker holds it. Stop."""


@dataclass(frozen=True, kw_only=True)
class ResumePoint:
    """A state of a job that was complete on disk: a checkpoint, or the snapshot of a pause."""

    step: int
    directory: Path


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to work on a job, and everything the work needs to know."""

    job_id: str
    epoch: int
    worker_id: str
    lease_seconds: float
    project_id: str
    organization: str
    model: str
    """The name users see: a base, an alias, or the tuned model that is continued."""
    base_name: str
    """The original base under the name that goes into the tuned model's name."""
    base: str
    """The base's name in the catalogue."""
    base_directory: Path
    """The weights that training begins at: the base's, or those of a whole model made of it."""
    continued_directory: Path | None
    """An adapter beside these weights that training goes on from, if there is one."""
    tuning: Tuning
    training_file: str
    training_blob: str
    validation_file: str | None
    validation_blob: str | None
    hyperparameters: JobHyperparameters
    seed: int
    suffix: str | None
    integrations: tuple[WandbIntegration, ...]
    resume_points: tuple[ResumePoint, ...]
    """Where the work can go on, the newest first; an older one serves when a newer is damaged."""


def claim_of(session: Session, job: JobRow, worker_id: str, lease_seconds: float) -> Claim:
    """Describe the hold that a worker has on a job at its present epoch."""
    return Claim(
        job_id=job.id,
        epoch=job.epoch,
        worker_id=worker_id,
        lease_seconds=lease_seconds,
        project_id=job.project_id,
        organization=job.organization,
        model=job.model,
        base_name=job.base_name,
        base=job.base,
        base_directory=Path(job.base_directory),
        continued_directory=Path(job.continued_directory) if job.continued_directory else None,
        tuning=tuning_from_json(job.tuning),
        training_file=job.training_file,
        training_blob=job.training_blob,
        validation_file=job.validation_file,
        validation_blob=job.validation_blob,
        hyperparameters=hyperparameters_from_json(job.requested),
        seed=job.seed,
        suffix=job.suffix,
        integrations=integrations_of(job.integrations),
        resume_points=_resume_points(session, job),
    )


def held_job(session: Session, claim: Claim) -> JobRow:
    """Return the claimed job's row for writing; raises LeaseLostError when the hold is over.

    Every write of a worker goes through here: the row stays locked until the transaction
    ends, so that nothing can come between this check and the write.
    """
    job = lock_job_at_epoch(session, claim.job_id, claim.epoch)
    if job is None or job.status not in CLAIMABLE:
        raise LeaseLostError(f"{claim.worker_id} no longer holds {claim.job_id}.")
    return job


def _resume_points(session: Session, job: JobRow) -> tuple[ResumePoint, ...]:
    points = [
        ResumePoint(step=checkpoint.step, directory=Path(checkpoint.directory))
        for checkpoint in checkpoints_of_job(session, job.id)
    ]
    if job.resume_step is not None and job.resume_directory is not None:
        points.append(ResumePoint(step=job.resume_step, directory=Path(job.resume_directory)))
    return tuple(sorted(points, key=lambda point: point.step, reverse=True))
