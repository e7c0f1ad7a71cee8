"""What a project can do with its evals and runs beyond looking at them: create, cancel, delete."""

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.evals.recording import end
from understudy.evals.status import UNFINISHED, RunStatus
from understudy.storage.database import Database
from understudy.storage.evals.evals import NewEval, get_eval, insert_eval
from understudy.storage.evals.runs import NewRun, get_run, insert_run, lock_run
from understudy.storage.idempotency import Repeatable, recall, remember
from understudy.storage.tables.evals import EvalRow, EvalRunRow


def create_eval(db: Database, new: NewEval, *, request: Repeatable) -> EvalRow:
    """Create an eval, or return the one that the same `request` created before."""
    with db.write() as session:
        existing = recall(session, new.project_id, request, now=new.created_at)
        if existing is not None:
            return get_eval(session, new.project_id, existing)
        row = insert_eval(session, new)
        remember(session, new.project_id, request, row.id, now=new.created_at)
        return row


def create_run(
    db: Database, project_id: str, eval_id: str, new: NewRun, *, request: Repeatable
) -> EvalRunRow:
    """Queue a run, or return the one that the same `request` created before.

    Raises NotFoundError for an eval that is not the project's.
    """
    with db.write() as session:
        owner = get_eval(session, project_id, eval_id)
        now = db.now(session)
        existing = recall(session, project_id, request, now=int(now))
        if existing is not None:
            return get_run(session, project_id, eval_id, existing)
        row = insert_run(session, owner, new, now=now)
        remember(session, project_id, request, row.id, now=int(now))
        return row


def cancel_run(db: Database, project_id: str, eval_id: str, run_id: str) -> EvalRunRow:
    """Cancel a run at once: what is recorded stays, and its runner can write no more.

    Raises InvalidRequestError when the run has ended already.
    """
    with db.write() as session:
        run = lock_run(session, project_id, eval_id, run_id)
        if run.status not in UNFINISHED:
            raise InvalidRequestError(
                f'Cannot cancel an eval run {run_id} that already has status "{run.status}".'
            )
        end(session, run, RunStatus.CANCELED, db.now(session))
        return run


def delete_run(session: Session, project_id: str, eval_id: str, run_id: str) -> None:
    """Delete a run and what it found; raises NotFoundError. Its runner stops."""
    session.delete(lock_run(session, project_id, eval_id, run_id))
