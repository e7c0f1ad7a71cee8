"""The successful end of a job: its model, the events on kept checkpoints, the result file."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from understudy.jobs import texts
from understudy.jobs.checkpoints import best_of, drop_checkpoints
from understudy.jobs.claims import Claim
from understudy.jobs.ending import finish
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.result_file import insert_result_file
from understudy.jobs.serving import serve_checkpoint, stop_serving
from understudy.registry.names import tuned_model_name
from understudy.storage.blobs import Blob
from understudy.storage.database import Database
from understudy.storage.evals.report_cards import queue_report
from understudy.storage.evals.runs import rename_model
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.models import ModelKind
from understudy.storage.tables.jobs import CheckpointRow, JobRow
from understudy.work.lease import held


def succeeded(db: Database, claim: Claim, *, result: Blob, trained_tokens: int) -> str:
    """End a job whose last checkpoint is recorded; returns the name of its tuned model.

    `result` is the stored table of its steps. Raises LeaseLostError.
    """
    with db.write() as session:
        job = held(session, claim.hold)
        now = db.now(session)
        checkpoints = checkpoints_of_job(session, job.id)
        assert checkpoints, "a job succeeds only after its last checkpoint is recorded"
        name = tuned_model_name(job.base_name, job.organization, job.suffix, job.identifier)
        *earlier, best = best_of(checkpoints)
        kept = {checkpoint.step for checkpoint in (*earlier, best)}
        drop_checkpoints(session, job, [each for each in checkpoints if each.step not in kept])
        _give_final_name(session, job, best, name, int(now))
        job.fine_tuned_model = name
        job.trained_tokens = trained_tokens
        insert_result_file(session, job, result, now=int(now))
        _append_closing_events(session, job, earlier, name, int(now))
        event = NewEvent(key="succeeded", message=texts.SUCCEEDED, data={})
        queue_report(session, job.id)
        finish(session, job, JobStatus.SUCCEEDED, event, now=now)
        return name


def _give_final_name(
    session: Session, job: JobRow, final: CheckpointRow, name: str, now: int
) -> None:
    stop_serving(session, job, [final])
    rename_model(session, job.eval_id, final.model_name, name)
    final.model_name = name
    serve_checkpoint(session, job, final, ModelKind.FINAL, now=now)


def _append_closing_events(
    session: Session, job: JobRow, earlier: Sequence[CheckpointRow], name: str, now: int
) -> None:
    # The checkpoint that is the model has the event that says so.
    for checkpoint in earlier:
        message = texts.checkpoint_created(checkpoint.step, checkpoint.model_name)
        event = NewEvent(key=f"checkpoint:{checkpoint.step}", message=message, data={})
        append_event(session, job.id, event, created_at=now)
    event = NewEvent(key="model", message=texts.model_created(name), data={})
    append_event(session, job.id, event, created_at=now)
