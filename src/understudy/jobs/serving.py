"""Which checkpoints of a job can be served as models, each under its own name or the final one."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from understudy.registry.tuning import tuning_from_json
from understudy.storage.models import ModelKind, models_of_job
from understudy.storage.tables.jobs import CheckpointRow, JobRow, TunedModelRow


def serve_checkpoint(
    session: Session, job: JobRow, checkpoint: CheckpointRow, kind: ModelKind, *, now: int
) -> None:
    """Make a job's checkpoint servable under the name that its row carries."""
    row = TunedModelRow(
        project_id=job.project_id,
        name=checkpoint.model_name,
        kind=kind,
        base_name=job.base_name,
        base=job.base,
        trained=tuning_from_json(job.tuning).trained,
        directory=checkpoint.directory,
        job_id=job.id,
        step=checkpoint.step,
        renderer_hash=checkpoint.renderer_hash,
        template_date=job.template_date,
        organization=job.organization,
        created_at=now,
    )
    session.add(row)
    session.flush()


def stop_serving(session: Session, job: JobRow, checkpoints: Sequence[CheckpointRow]) -> None:
    """Take checkpoints out of the models that can be served, under whatever name they are there."""
    steps = {checkpoint.step for checkpoint in checkpoints}
    for model in models_of_job(session, job.id):
        if model.step in steps:
            session.delete(model)
    session.flush()
