"""A worker's hold on a job, with everything that the work needs to know of it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from understudy.data.files.formats import Method
from understudy.jobs.integrations import WandbIntegration, integrations_of
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.reinforcement import ReinforcementSettings, settings_from_json
from understudy.registry.teaching import Teaching, teaching_from_json
from understudy.registry.tuning import Tuning, tuning_from_json
from understudy.storage.database import Database
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.jobs.jobs import get_job
from understudy.storage.tables.jobs import JobRow
from understudy.work.lease import Hold


@dataclass(frozen=True, kw_only=True)
class ResumePoint:
    """A state of a job that was complete on disk: a checkpoint, or the snapshot of a pause."""

    step: int
    directory: Path


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to work on a job, and everything the work needs to know."""

    hold: Hold[JobRow]
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
    """An adapter beside these weights that training continues from, if there is one."""
    tuning: Tuning
    template_date: date | None
    """The day that the chat template prints, where that is decided already."""
    splits_turns: bool
    """Whether an example that the chat template rewrites becomes one a learned turn."""
    safety_mix: float | None
    """The share of trained examples that are shipped safe demonstrations; None mixes none in."""
    training_file: str
    training_blob: str
    validation_file: str | None
    validation_blob: str | None
    method: Method
    hyperparameters: JobHyperparameters
    teaching: Teaching | None
    """Whose probabilities are learned; None where the answers alone are."""
    reinforcement: ReinforcementSettings | None
    """Of a reinforcement job, what is rewarded."""
    eval_id: str | None
    """The eval whose runs are the job's validations, where an earlier attempt made one."""
    seed: int
    suffix: str | None
    integrations: tuple[WandbIntegration, ...]
    resume_points: tuple[ResumePoint, ...]
    """Where the work can continue, the newest first: an older one serves when it is damaged."""

    @property
    def job_id(self) -> str:
        """The id of the job."""
        return self.hold.id


def claim_of(db: Database, hold: Hold[JobRow]) -> Claim:
    """Read what a worker has to know of the job that it holds."""
    with db.read() as session:
        return _claim_of(session, get_job(session, hold.id), hold)


def _claim_of(session: Session, job: JobRow, hold: Hold[JobRow]) -> Claim:
    return Claim(
        hold=hold,
        project_id=job.project_id,
        organization=job.organization,
        model=job.model,
        base_name=job.base_name,
        base=job.base,
        base_directory=Path(job.base_directory),
        continued_directory=Path(job.continued_directory) if job.continued_directory else None,
        tuning=tuning_from_json(job.tuning),
        template_date=date.fromisoformat(job.template_date) if job.template_date else None,
        splits_turns=job.splits_turns,
        safety_mix=job.safety_mix,
        training_file=job.training_file,
        training_blob=job.training_blob,
        validation_file=job.validation_file,
        validation_blob=job.validation_blob,
        method=Method(job.method),
        hyperparameters=JobHyperparameters(**job.requested),
        teaching=None if job.teaching is None else teaching_from_json(job.teaching),
        reinforcement=None if job.reinforcement is None else settings_from_json(job.reinforcement),
        eval_id=job.eval_id,
        seed=job.seed,
        suffix=job.suffix,
        integrations=integrations_of(job.integrations),
        resume_points=_resume_points(session, job),
    )


def _resume_points(session: Session, job: JobRow) -> tuple[ResumePoint, ...]:
    points = [
        ResumePoint(step=checkpoint.step, directory=Path(checkpoint.directory))
        for checkpoint in checkpoints_of_job(session, job.id)
    ]
    if job.resume_step is not None and job.resume_directory is not None:
        points.append(ResumePoint(step=job.resume_step, directory=Path(job.resume_directory)))
    return tuple(sorted(points, key=lambda point: point.step, reverse=True))
