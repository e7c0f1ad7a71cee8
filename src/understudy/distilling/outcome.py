"""How a distillation came out: teacher, base and student on the same held-out questions."""

from collections.abc import Sequence
from statistics import fmean

from sqlalchemy.orm import Session

from understudy.distilling.costs import price_of_1000, seconds_of_1000
from understudy.distilling.terms import Remotes
from understudy.errors import UnderstudyError
from understudy.evals.rows_file import DataRow
from understudy.evals.run_comparison import ComparisonWish, compare_runs
from understudy.evals.status import UNFINISHED, RunStatus
from understudy.jobs.lifecycle import FINISHED, JobStatus
from understudy.schemas.distillations import CallCosts, DistillationResult
from understudy.storage.database import Database
from understudy.storage.evals.runs import find_run_of_project
from understudy.storage.jobs.jobs import get_job
from understudy.storage.tables.distillations import DistillationRow
from understudy.storage.tables.evals import EvalRunRow
from understudy.wording import worded


def student_of(db: Database, row: DistillationRow) -> str | None:
    """Return the student's name, or None while its job continues.

    Raises UnderstudyError when the job has ended without a model.
    """
    assert row.job_id is not None, "the job is created with the files"
    with db.read() as session:
        job = get_job(session, row.job_id)
    if job.status == JobStatus.SUCCEEDED:
        return job.fine_tuned_model
    if job.status not in FINISHED:
        return None
    reason = f": {job.error_message}" if job.error_message else "."
    raise UnderstudyError(
        worded(
            "distill.job_ended_status",
            "The job {id} ended with status '{status}'{reason}",
            id=job.id,
            status=job.status,
            reason=reason,
        )
    )


def have_runs_ended(db: Database, row: DistillationRow) -> bool:
    """Say whether all runs have ended, well or not."""
    with db.read() as session:
        return all(run.status not in UNFINISHED for run in _runs(session, row).values())


def outcome_of(
    db: Database, row: DistillationRow, held_out: Sequence[DataRow], remotes: Remotes
) -> DistillationResult:
    """Return what the runs say; raises UnderstudyError when one of them did not come to its end.

    `remotes` say what their tokens cost.
    """
    assert row.eval_id is not None, "the eval is made before its runs"
    with db.read() as session:
        runs = _runs(session, row)
    for role, run in runs.items():
        if run.status != RunStatus.COMPLETED:
            reason = f": {run.error_message}" if run.error_message else "."
            raise UnderstudyError(
                worded(
                    "distill.run",
                    "The run of the {role}, {id}, is {status}{reason}",
                    role=role,
                    id=run.id,
                    status=run.status,
                    reason=reason,
                )
            )
    found = compare_runs(
        db,
        row.project_id,
        row.eval_id,
        base_id=runs["base"].id,
        candidate_id=runs["student"].id,
        wish=ComparisonWish(),
    ).found
    return DistillationResult(
        sentence=found.sentence,
        verdict=found.verdict,
        passed={role: run.passed / run.total for role, run in runs.items()},
        tokens_per_call={
            "teacher": fmean((each.sample or {})["usage"]["total_tokens"] for each in held_out),
            "base": _tokens(runs["base"]),
            "student": _tokens(runs["student"]),
        },
        cost_per_1000=CallCosts(
            teacher_price=price_of_1000([each.sample or {} for each in held_out], remotes),
            machine_seconds={
                role: seconds
                for role in ("base", "student")
                if (seconds := seconds_of_1000(runs[role].usage.get(runs[role].model) or {}))
            },
        ),
    )


def _runs(session: Session, row: DistillationRow) -> dict[str, EvalRunRow]:
    return {role: find_run_of_project(session, row.project_id, id) for role, id in row.runs.items()}


def _tokens(run: EvalRunRow) -> float:
    """Return the tokens of one question and its answer, without those of judges."""
    used = run.usage.get(run.model) or {}
    return (used.get("prompt_tokens", 0) + used.get("completion_tokens", 0)) / run.total
