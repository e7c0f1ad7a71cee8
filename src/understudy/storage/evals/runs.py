"""Runs of evals: what is kept of them, and how they are found, listed and deleted."""

from collections.abc import Collection

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.evals import EvalRunRow
from understudy.wording import worded


def get_run(session: Session, project_id: str, eval_id: str, run_id: str) -> EvalRunRow:
    """Return a run of a project's eval; raises NotFoundError."""
    return _found(session.scalar(_of_eval(project_id, eval_id, run_id)), run_id)


def lock_run(session: Session, project_id: str, eval_id: str, run_id: str) -> EvalRunRow:
    """Return a run of a project's eval, held by this transaction; raises NotFoundError."""
    query = _of_eval(project_id, eval_id, run_id).with_for_update()
    return _found(session.scalar(query), run_id)


def find_run_of_project(session: Session, project_id: str, run_id: str) -> EvalRunRow:
    """Return a project's run, whatever its eval; raises NotFoundError."""
    query = select(EvalRunRow).where(EvalRunRow.project_id == project_id, EvalRunRow.id == run_id)
    return _found(session.scalar(query), run_id)


def rename_model(session: Session, eval_id: str | None, old: str, new: str) -> None:
    """Let the runs of an eval that asked a model name it by its new name."""
    query = update(EvalRunRow).where(EvalRunRow.eval_id == eval_id, EvalRunRow.model == old)
    session.execute(query.values(model=new))


def list_runs(
    session: Session,
    project_id: str,
    eval_id: str,
    cursor: Cursor,
    *,
    status: str | None = None,
) -> Page[EvalRunRow]:
    """Return one page of the runs of a project's eval."""
    query = select(EvalRunRow).where(
        EvalRunRow.project_id == project_id, EvalRunRow.eval_id == eval_id
    )
    if status is not None:
        query = query.where(EvalRunRow.status == status)
    return read_page(session, query, EvalRunRow.seq, cursor)


def runs_of_eval(session: Session, project_id: str, eval_id: str) -> list[EvalRunRow]:
    """Return all runs of a project's eval, in the order in which they were made."""
    query = select(EvalRunRow).where(
        EvalRunRow.project_id == project_id, EvalRunRow.eval_id == eval_id
    )
    return list(session.scalars(query.order_by(EvalRunRow.seq)))


def runs_that_ask(
    session: Session, models: Collection[str], statuses: Collection[str]
) -> list[EvalRunRow]:
    """Return the runs in one of `statuses` that ask one of `models`, of every project."""
    query = select(EvalRunRow).where(EvalRunRow.model.in_(models), EvalRunRow.status.in_(statuses))
    return list(session.scalars(query.order_by(EvalRunRow.seq)))


def count_tuned_runs(session: Session, project_id: str, status: str) -> int:
    """Return how many of a project's runs with a status ask a model whose name begins with ft:."""
    of_project = select(func.count()).where(EvalRunRow.project_id == project_id)
    tuned = of_project.where(EvalRunRow.model.startswith("ft:"), EvalRunRow.status == status)
    return session.scalar(tuned) or 0


def _of_eval(project_id: str, eval_id: str, run_id: str) -> Select[EvalRunRow]:
    return select(EvalRunRow).where(
        EvalRunRow.project_id == project_id,
        EvalRunRow.eval_id == eval_id,
        EvalRunRow.id == run_id,
    )


def _found(row: EvalRunRow | None, run_id: str) -> EvalRunRow:
    if row is None:
        raise NotFoundError(
            worded(
                "api.eval_run_id_not",
                "Eval run with id '{run_id}' not found.",
                run_id=run_id[:200],
            ),
            param="run_id",
        )
    return row
