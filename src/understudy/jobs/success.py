"""The end of a job that went well: its model, the checkpoints kept, the result file."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from understudy.jobs import texts
from understudy.jobs.claims import Claim
from understudy.jobs.ending import finish
from understudy.jobs.keeping import stop_serving
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.serving import serve_checkpoint
from understudy.registry.names import tuned_model_name
from understudy.storage.blobs import Blob
from understudy.storage.database import Database
from understudy.storage.evals.report_cards import queue_report
from understudy.storage.files import NewFile, insert_file
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.models import ModelKind
from understudy.storage.tables.jobs import CheckpointRow, JobRow
from understudy.work.lease import held

_RESULT_FILE_NAME = "step_metrics.csv"
_RESULT_FILE_PURPOSE = "fine-tune-results"


def succeeded(db: Database, claim: Claim, *, result: Blob, trained_tokens: int) -> str:
    """End a job whose last checkpoint is recorded: it becomes the tuned model of returned name.

    `result` is the stored table of metrics. Raises LeaseLostError.
    """
    with db.write() as session:
        job = held(session, claim.hold)
        now = db.now(session)
        checkpoints = checkpoints_of_job(session, job.id)
        assert checkpoints, "a job succeeds only after its last checkpoint is recorded"
        name = tuned_model_name(job.base_name, job.organization, job.suffix, job.identifier)
        _give_final_name(session, job, checkpoints[-1], name, int(now))
        job.fine_tuned_model = name
        job.trained_tokens = trained_tokens
        job.result_file = _insert_result_file(session, job, result, int(now))
        _append_closing_events(session, job, checkpoints[:-1], name, int(now))
        event = NewEvent(key="succeeded", message=texts.SUCCEEDED, data={})
        queue_report(session, job.id)
        finish(session, job, JobStatus.SUCCEEDED, event, now=now)
        return name


def _give_final_name(
    session: Session, job: JobRow, last: CheckpointRow, name: str, now: int
) -> None:
    stop_serving(session, job, [last])
    last.model_name = name
    serve_checkpoint(session, job, last, ModelKind.FINAL, now=now)


def _insert_result_file(session: Session, job: JobRow, result: Blob, now: int) -> str:
    new = NewFile(
        project_id=job.project_id,
        purpose=_RESULT_FILE_PURPOSE,
        filename=_RESULT_FILE_NAME,
        blob=result,
        created_at=now,
    )
    return insert_file(session, new).id


def _append_closing_events(
    session: Session, job: JobRow, earlier: Sequence[CheckpointRow], name: str, now: int
) -> None:
    # The last checkpoint is the model itself and has the event that says so.
    for checkpoint in earlier:
        message = texts.checkpoint_created(checkpoint.step, checkpoint.model_name)
        event = NewEvent(key=f"checkpoint:{checkpoint.step}", message=message, data={})
        append_event(session, job.id, event, created_at=now)
    event = NewEvent(key="model", message=texts.model_created(name), data={})
    append_event(session, job.id, event, created_at=now)
