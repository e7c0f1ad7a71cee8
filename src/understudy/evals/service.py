"""What a project can do with its evals and runs: create, look at, list, rename, cancel, delete."""

from collections.abc import Mapping, Sequence

from understudy.errors import InvalidRequestError
from understudy.evals.recording import end
from understudy.evals.status import UNFINISHED, ItemStatus, RunStatus
from understudy.ids import unix_now
from understudy.schemas.evals.evals import EvalOrder
from understudy.schemas.lists import Cursor
from understudy.storage.database import Database
from understudy.storage.evals import evals, items, runs
from understudy.storage.idempotency import Repeatable, once
from understudy.storage.paging import Page
from understudy.storage.tables.evals import EvalItemRow, EvalRow, EvalRunRow
from understudy.wording import worded


def create_eval(db: Database, new: EvalRow, *, request: Repeatable) -> EvalRow:
    """Create an eval, or return the one that the same `request` created before."""
    with db.write() as session:

        def make() -> EvalRow:
            new.touched = evals.next_touch(session)
            session.add(new)
            return new

        return once(
            session,
            new.project_id,
            request,
            now=new.updated_at,
            find=lambda id: evals.get_eval(session, new.project_id, id),
            make=make,
        )


def get_eval(db: Database, project_id: str, eval_id: str) -> EvalRow:
    """Return a project's eval; raises NotFoundError, also for another project's id."""
    with db.read() as session:
        return evals.get_eval(session, project_id, eval_id)


def list_evals(
    db: Database,
    project_id: str,
    cursor: Cursor,
    *,
    order_by: EvalOrder,
) -> Page[EvalRow]:
    """Return one page of a project's evals."""
    with db.read() as session:
        return evals.list_evals(session, project_id, cursor, order_by=order_by)


def search_evals(db: Database, project_id: str, *, text: str, cursor: Cursor) -> Page[EvalRow]:
    """Return one page of a project's evals whose name or id holds a text, newest first."""
    with db.read() as session:
        return evals.search_evals(session, project_id, text, cursor)


def update_eval(
    db: Database,
    project_id: str,
    eval_id: str,
    *,
    name: str | None,
    metadata: Mapping[str, str] | None,
) -> EvalRow:
    """Rename an eval or replace its metadata; None leaves what is there. Raises NotFoundError."""
    with db.write() as session:
        row = evals.get_eval(session, project_id, eval_id)
        if name is not None:
            row.name = name
        if metadata is not None:
            row.pairs = dict(metadata)
        row.updated_at = unix_now()
        row.touched = evals.next_touch(session)
        return row


def delete_eval(db: Database, project_id: str, eval_id: str) -> None:
    """Delete an eval with its runs and all that they found; raises NotFoundError.

    A runner that works on one of the runs finds its row gone and stops.
    """
    with db.write() as session:
        session.delete(evals.get_eval(session, project_id, eval_id))


def create_run(
    db: Database, project_id: str, eval_id: str, new: EvalRunRow, *, request: Repeatable
) -> EvalRunRow:
    """Queue a run, or return the one that the same `request` created before.

    Raises NotFoundError for an eval that is not the project's.
    """
    with db.write() as session:
        evals.get_eval(session, project_id, eval_id)
        new.created_at = int(db.now(session))

        def make() -> EvalRunRow:
            session.add(new)
            return new

        return once(
            session,
            project_id,
            request,
            now=new.created_at,
            find=lambda id: runs.get_run(session, project_id, eval_id, id),
            make=make,
        )


def import_run(
    db: Database, new: EvalRunRow, found: Sequence[EvalItemRow], *, request: Repeatable
) -> EvalRunRow:
    """Record a run that ended elsewhere, with its items; raises NotFoundError for a lost eval."""
    with db.write() as session:
        evals.get_eval(session, new.project_id, new.eval_id)

        def make() -> EvalRunRow:
            session.add(new)
            session.flush()
            session.add_all(found)
            return new

        return once(
            session,
            new.project_id,
            request,
            now=int(db.now(session)),
            find=lambda id: runs.get_run(session, new.project_id, new.eval_id, id),
            make=make,
        )


def get_run(db: Database, project_id: str, eval_id: str, run_id: str) -> EvalRunRow:
    """Return a run of a project's eval; raises NotFoundError."""
    with db.read() as session:
        return runs.get_run(session, project_id, eval_id, run_id)


def get_run_of_project(db: Database, project_id: str, run_id: str) -> EvalRunRow:
    """Return a project's run, whatever its eval; raises NotFoundError."""
    with db.read() as session:
        return runs.find_run_of_project(session, project_id, run_id)


def list_runs(
    db: Database,
    project_id: str,
    eval_id: str,
    cursor: Cursor,
    *,
    status: RunStatus | None,
) -> Page[EvalRunRow]:
    """Return one page of the runs of a project's eval; raises NotFoundError."""
    with db.read() as session:
        evals.get_eval(session, project_id, eval_id)
        return runs.list_runs(session, project_id, eval_id, cursor, status=status)


def cancel_run(db: Database, project_id: str, eval_id: str, run_id: str) -> EvalRunRow:
    """Cancel a run at once: what is recorded stays, and its runner can write no more.

    Raises InvalidRequestError when the run has ended already.
    """
    with db.write() as session:
        run = runs.lock_run(session, project_id, eval_id, run_id)
        if run.status not in UNFINISHED:
            raise InvalidRequestError(
                worded(
                    "evals.cannot_cancel_eval_run",
                    'Cannot cancel an eval run {run_id} that already has status "{status}".',
                    run_id=run_id,
                    status=run.status,
                )
            )
        end(session, run, RunStatus.CANCELED, db.now(session))
        return run


def delete_run(db: Database, project_id: str, eval_id: str, run_id: str) -> None:
    """Delete a run and what it found; raises NotFoundError. Its runner stops."""
    with db.write() as session:
        session.delete(runs.lock_run(session, project_id, eval_id, run_id))


def get_item(db: Database, project_id: str, eval_id: str, run_id: str, item_id: str) -> EvalItemRow:
    """Return an item of a project's run; raises NotFoundError."""
    with db.read() as session:
        runs.get_run(session, project_id, eval_id, run_id)
        return items.get_item(session, run_id, item_id)


def list_items(
    db: Database,
    project_id: str,
    eval_id: str,
    run_id: str,
    cursor: Cursor,
    *,
    status: ItemStatus | None,
) -> Page[EvalItemRow]:
    """Return one page of the items that are done of a project's run; raises NotFoundError."""
    with db.read() as session:
        runs.get_run(session, project_id, eval_id, run_id)
        return items.list_items(session, run_id, cursor, status=status)
