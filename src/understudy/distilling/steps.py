"""The steps of a distillation that make files, a job, an eval and its runs, each of them once."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.answering.models import ServedModels
from understudy.distilling.comparing import asking_run, eval_request, stored_run
from understudy.distilling.dataset import (
    Dataset,
    eval_lines,
    provenance_lines,
    training_lines,
)
from understudy.distilling.record import DistillationStatus
from understudy.distilling.teaching import teaching_of
from understudy.evals.new_eval import new_eval
from understudy.evals.new_run import new_run
from understudy.evals.rows_file import DataRow, read_rows
from understudy.graders.build import GraderContext
from understudy.jobs.creation import NewJob, insert_job
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.schemas.distillations import CreateDistillation, DistillationCounts
from understudy.schemas.evals.runs import CreateEvalRun
from understudy.schemas.files.files import UploadPurpose
from understudy.schemas.fine_tuning.hyperparameters import RequestedHyperparameters
from understudy.storage.blobs import Blob, BlobStore
from understudy.storage.evals.evals import next_touch
from understudy.storage.files.files import NewFile, get_file, insert_file
from understudy.storage.tables.distillations import DistillationRow
from understudy.work.lease import Hold, held


@dataclass(frozen=True, kw_only=True)
class StepContext:
    """What every step works with."""

    served: ServedModels
    blobs: BlobStore


def make_files_and_job(
    context: StepContext,
    hold: Hold[DistillationRow],
    request: CreateDistillation,
    dataset: Dataset,
    counts: DistillationCounts,
) -> None:
    """Write the files and queue the job, all in one transaction; blocks.

    Raises LeaseLostError, and InvalidRequestError for a student that is gone by now.
    """
    db = context.served.database
    write = context.blobs.write
    blobs = {
        "train": write(training_lines(dataset.training)),
        "validation": write(training_lines(dataset.validation)),
        "provenance": write(provenance_lines(dataset)),
        "eval": write(eval_lines(dataset.validation)),
    }
    with db.write() as session:
        row = held(session, hold)
        now = int(db.now(session))

        def add(part: str, purpose: UploadPurpose) -> str:
            name = f"{row.id}.{part}.jsonl"
            return insert_file(session, _new_file(row, name, purpose, blobs[part], now)).id

        training = add("train", UploadPurpose.FINE_TUNE)
        validation = add("validation", UploadPurpose.FINE_TUNE)
        row.training_file, row.validation_file = training, validation
        row.provenance_file = add("provenance", UploadPurpose.USER_DATA)
        row.eval_file = add("eval", UploadPurpose.EVALS)
        new = NewJob(
            model=request.student,
            training_file=training,
            validation_file=validation,
            hyperparameters=_hyperparameters(request.hyperparameters),
            teaching=teaching_of(session, context.served.catalogue(), row.project_id, request),
            seed=request.seed,
            suffix=request.suffix,
            metadata=request.metadata,
            organization=row.organization,
        )
        job = insert_job(session, context.served.catalogue(), row.project_id, new, now=now)
        row.job_id = job.id
        row.counts = counts.model_dump(mode="json")
        row.status = DistillationStatus.TRAINING
        row.step = "The student is being trained."
        row.stalled_attempts = 0


async def make_eval(
    context: StepContext,
    hold: Hold[DistillationRow],
    request: CreateDistillation,
    held_out: Sequence[DataRow],
    graders: GraderContext,
) -> None:
    """Create the eval; raises LeaseLostError and as `new_eval` does."""
    db = context.served.database
    eval_row = await new_eval(eval_request(request, held_out), graders.owner, graders)
    with db.write() as session:
        row = held(session, hold)
        eval_row.touched = next_touch(session)
        session.add(eval_row)
        row.eval_id = eval_row.id


def make_runs(
    context: StepContext,
    hold: Hold[DistillationRow],
    row: DistillationRow,
    held_out: Sequence[DataRow],
    student: str,
) -> None:
    """Queue the runs of teacher, base and student in one transaction; blocks.

    Raises LeaseLostError, and as `new_run` does.
    """
    assert row.eval_id is not None, "the eval is made before its runs"
    assert row.eval_file is not None, "the rows are written with the training file"
    base = CreateDistillation.model_validate(row.request).student
    wanted: dict[str, CreateEvalRun] = {
        "teacher": stored_run(row.eval_file),
        "base": asking_run(row.eval_file, "base", base, held_out),
        "student": asking_run(row.eval_file, "student", student, held_out),
    }
    made = {
        role: new_run(
            context.served,
            context.blobs,
            row.project_id,
            row.eval_id,
            body,
            report_address=row.report_address,
        )
        for role, body in wanted.items()
    }
    db = context.served.database
    with db.write() as session:
        own = held(session, hold)
        now = int(db.now(session))
        for run in made.values():
            run.created_at = now
            session.add(run)
        own.runs = {role: run.id for role, run in made.items()}
        own.stalled_attempts = 0


def held_out_rows(context: StepContext, row: DistillationRow) -> list[DataRow]:
    """Return the rows of the eval as they were written; blocks."""
    assert row.eval_file is not None, "the rows are written with the training file"
    with context.served.database.read() as session:
        file = get_file(session, row.project_id, row.eval_file)
    return [each for _, each in read_rows(context.blobs.stored(file.sha256))]


def _new_file(
    row: DistillationRow, name: str, purpose: UploadPurpose, blob: Blob, now: int
) -> NewFile:
    return NewFile(
        project_id=row.project_id, purpose=purpose, filename=name, blob=blob, created_at=now
    )


def _hyperparameters(wire: RequestedHyperparameters | None) -> JobHyperparameters:
    given = {name: None if value == "auto" else value for name, value in wire or ()}
    return JobHyperparameters(**given)
