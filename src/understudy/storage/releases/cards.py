"""Reads the card of a tuned model from the rows of its job, its files, its check and releases."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.safety.model_card import (
    NO_SCREENING,
    CardFile,
    CardRelease,
    CardScreening,
    ModelCard,
)
from understudy.safety.release import NOT_CHECKED
from understudy.storage import screenings
from understudy.storage.files.files import find_file
from understudy.storage.jobs.jobs import get_job
from understudy.storage.releases.checks import find_check, releases_of, state_of
from understudy.storage.tables.jobs import CheckpointRow, JobRow, TunedModelRow


def model_card(session: Session, model: TunedModelRow) -> ModelCard:
    """Return everything that is recorded of how a model came to be."""
    job = get_job(session, model.job_id)
    check = find_check(session, model.project_id, model.name)
    releases = releases_of(session, model.project_id, model.name)
    this = None if check is None else (check.id, check.round)
    return ModelCard(
        model=model.name,
        kind=model.kind,
        created_at=model.created_at,
        base=model.base,
        started_from=job.model,
        job_id=job.id,
        step=model.step,
        weights_sha256=session.scalar(
            select(CheckpointRow.manifest_sha256).where(
                CheckpointRow.job_id == job.id, CheckpointRow.step == model.step
            )
        ),
        method=job.method,
        # What is None belongs to another method, or was left to the platform and never decided.
        hyperparameters={
            name: value
            for name, value in (job.resolved or job.requested).items()
            if value is not None
        },
        trained=job.tuning,
        seed=job.seed,
        trained_tokens=job.trained_tokens,
        safety_mix=job.safety_mix,
        teacher=None if job.teaching is None else job.teaching["teacher"],
        files=_files(session, job),
        screening=_screening(session, job),
        created_by=job.created_by,
        organization=model.organization,
        system_prompt=model.system_prompt,
        state=NOT_CHECKED if check is None else state_of(check, releases),
        checked_at=None if check is None else check.finished_at,
        result=None if check is None else check.result,
        releases=tuple(
            CardRelease(
                created_at=each.created_at,
                key_name=each.key_name,
                reason=each.reason,
                held_because=each.held_because,
                is_current=(each.check_id, each.round) == this,
            )
            for each in releases
        ),
    )


def _screening(session: Session, job: JobRow) -> CardScreening:
    row = screenings.find_screening(session, job.id)
    if row is None:
        return NO_SCREENING
    return CardScreening(
        moderator=row.moderator,
        total=row.lines_total,
        screened=row.lines_screened,
        flagged=row.lines_flagged,
        reason=row.reason,
    )


def _files(session: Session, job: JobRow) -> tuple[CardFile, ...]:
    named = [("training", job.training_file, job.training_blob)]
    if job.validation_file is not None and job.validation_blob is not None:
        named.append(("validation", job.validation_file, job.validation_blob))
    return tuple(
        CardFile(role=role, file_id=file_id, filename=_name(session, job, file_id), sha256=digest)
        for role, file_id, digest in named
    )


def _name(session: Session, job: JobRow, file_id: str) -> str | None:
    row = find_file(session, job.project_id, file_id)
    return None if row is None else row.filename
