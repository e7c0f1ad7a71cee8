"""Runs of evals: what is kept of them, and how they are found, listed and deleted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.ids import new_id
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.evals import EvalRow, EvalRunRow


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """What a run's row says when it is made."""

    name: str
    model: str
    metadata: Mapping[str, str]
    data_source: dict[str, Any]
    rows_blob: str
    total: int
    report_address: str
    """The dashboard's address, to which the path of the run is added."""


def insert_run(session: Session, owner: EvalRow, new: NewRun, *, now: float) -> EvalRunRow:
    """Make the row of a run that waits for a runner."""
    run_id = new_id("evalrun_")
    row = EvalRunRow(
        id=run_id,
        eval_id=owner.id,
        project_id=owner.project_id,
        name=new.name,
        model=new.model,
        status="queued",
        created_at=int(now),
        finished_at=None,
        pairs=dict(new.metadata),
        data_source=new.data_source,
        rows_blob=new.rows_blob,
        report_url=f"{new.report_address}/evals/{owner.id}/runs/{run_id}",
        total=new.total,
        passed=0,
        failed=0,
        errored=0,
        criteria=_no_counts(owner.testing_criteria),
        usage={},
        error_code=None,
        error_message=None,
    )
    session.add(row)
    session.flush()
    return row


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
    return read_page(
        session,
        query,
        EvalRunRow.seq,
        identifier=EvalRunRow.id,
        cursor=cursor,
    )


def runs_that_ask(
    session: Session, models: Collection[str], statuses: Collection[str]
) -> list[EvalRunRow]:
    """Return the runs in one of `statuses` that ask one of `models`, of every project."""
    query = select(EvalRunRow).where(EvalRunRow.model.in_(models), EvalRunRow.status.in_(statuses))
    return list(session.scalars(query.order_by(EvalRunRow.seq)))


def _of_eval(project_id: str, eval_id: str, run_id: str) -> Select[EvalRunRow]:
    return select(EvalRunRow).where(
        EvalRunRow.project_id == project_id,
        EvalRunRow.eval_id == eval_id,
        EvalRunRow.id == run_id,
    )


def _found(row: EvalRunRow | None, run_id: str) -> EvalRunRow:
    if row is None:
        raise NotFoundError(f"Eval run with id '{run_id[:200]}' not found.", param="run_id")
    return row


def _no_counts(criteria: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    return {criterion["id"]: {"passed": 0, "failed": 0} for criterion in criteria}
