"""What a worker reports while a job runs: each report is one fenced transaction."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from hashlib import sha256

from understudy.data.files.formats import Method
from understudy.errors import JobFailedError
from understudy.jobs import texts
from understudy.jobs.claims import Claim
from understudy.jobs.ending import fail, move, note_progress
from understudy.jobs.lifecycle import JobStatus
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.storage.database import Database
from understudy.storage.evals.report_cards import begin_report, find_report
from understudy.storage.jobs.events import NewEvent, append_event, metrics_events
from understudy.storage.tables.jobs import JobRow
from understudy.training.metrics import StepMetrics
from understudy.wording import Sentence, worded
from understudy.work.lease import held


def validated(db: Database, claim: Claim) -> None:
    """Report that the files are good; a job that was validated before stays where it is."""
    with db.write() as session:
        job = held(session, claim.hold)
        # A job that was paused before its files were validated is queued already.
        if job.status == JobStatus.VALIDATING_FILES:
            move(job, JobStatus.QUEUED)
        event = NewEvent(key="validated", message=texts.VALIDATED, data={})
        append_event(session, job.id, event, created_at=int(db.now(session)))


def started(
    db: Database,
    claim: Claim,
    resolved: JobHyperparameters,
    renderer_hash: str,
    template_date: date | None = None,
) -> None:
    """Report that training runs, with the numbers that "auto" became.

    `template_date` is the day that the chat template prints, None where it prints none.

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
        job.resolved = asdict(resolved)
        job.renderer_hash = renderer_hash
        job.template_date = None if template_date is None else template_date.isoformat()
        now = db.now(session)
        if job.method == Method.DPO and job.validation_blob is not None:
            begin_report(
                session, job.id, job.project_id, base_loss=None, base_token_accuracy=None, now=now
            )
        event = NewEvent(key="started", message=texts.STARTED, data=None)
        append_event(session, job.id, event, created_at=int(now))


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


def recorded_steps(db: Database, claim: Claim) -> tuple[StepMetrics, ...]:
    """Return the metrics of every reported step, over all attempts, in order."""
    with db.read() as session:
        events = metrics_events(session, claim.job_id)
    steps = [StepMetrics.of(event.data) for event in events if event.data is not None]
    return tuple(sorted(steps, key=lambda recorded: recorded.step))


def has_baseline(db: Database, claim: Claim) -> bool:
    """Say whether it is recorded how good the model was before training."""
    with db.read() as session:
        return find_report(session, claim.job_id) is not None


def note_baseline(db: Database, claim: Claim, *, loss: float, token_accuracy: float) -> None:
    """Record how good the model was before training; a second measurement changes nothing."""
    with db.write() as session:
        job = held(session, claim.hold)
        begin_report(
            session,
            job.id,
            job.project_id,
            base_loss=loss,
            base_token_accuracy=token_accuracy,
            now=db.now(session),
        )


def failed(db: Database, claim: Claim, code: str, message: Sentence, param: str | None) -> None:
    """End the job with an error that a retry would not heal."""
    with db.write() as session:
        fail(session, held(session, claim.hold), code, message, param, now=db.now(session))


def warn(db: Database, claim: Claim, message: Sentence) -> None:
    """Append an event that the job's owner should act on, once, however many attempts see it."""
    _notify(db, claim, message, level="warn", kind="warning")


def inform(db: Database, claim: Claim, message: Sentence) -> None:
    """Append an event that needs no action, once, as `warn` does."""
    _notify(db, claim, message, level="info", kind="information")


def _notify(db: Database, claim: Claim, message: Sentence, *, level: str, kind: str) -> None:
    with db.write() as session:
        job = held(session, claim.hold)
        key = f"{kind}:{sha256(message.encode()).hexdigest()}"
        event = NewEvent(key=key, message=message, level=level, data={})
        append_event(session, job.id, event, created_at=int(db.now(session)))


def _check_renderer(job: JobRow, renderer_hash: str) -> None:
    if job.renderer_hash != renderer_hash:
        raise JobFailedError(
            worded(
                "job.model_changed",
                "The tokenizer or chat template of {base} changed while the job was running; "
                "create the job again.",
                base=job.base,
            ),
            code="model_changed",
            param="model",
        )


def _step_event(step: StepMetrics) -> NewEvent:
    data = {**step.measured(), **step.details, "total_steps": step.total_steps}
    key = f"step:{step.step}"
    return NewEvent(key=key, message=texts.step_done(step), type="metrics", data=data)
