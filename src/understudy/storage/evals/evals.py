"""Evals: what is kept of them, and how they are found, listed, renamed and deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.ids import new_id
from understudy.schemas.evals.evals import EvalOrder
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.evals import EvalRow


@dataclass(frozen=True, kw_only=True)
class NewEval:
    """What an eval's row says when it is made."""

    project_id: str
    name: str
    metadata: Mapping[str, str]
    data_source_config: dict[str, Any]
    testing_criteria: list[dict[str, Any]]
    created_at: int


def insert_eval(session: Session, new: NewEval) -> EvalRow:
    """Make the row of an eval."""
    row = EvalRow(
        id=new_id("eval_"),
        project_id=new.project_id,
        name=new.name,
        created_at=new.created_at,
        updated_at=new.created_at,
        touched=next_touch(session),
        pairs=dict(new.metadata),
        data_source_config=new.data_source_config,
        testing_criteria=new.testing_criteria,
    )
    session.add(row)
    session.flush()
    return row


def get_eval(session: Session, project_id: str, eval_id: str) -> EvalRow:
    """Return a project's eval; raises NotFoundError, also for another project's id."""
    query = select(EvalRow).where(EvalRow.project_id == project_id, EvalRow.id == eval_id)
    row = session.scalar(query)
    if row is None:
        raise NotFoundError(f"Eval with id '{eval_id[:200]}' not found.", param="eval_id")
    return row


def list_evals(
    session: Session,
    project_id: str,
    cursor: Cursor,
    *,
    order_by: EvalOrder = EvalOrder.CREATED,
) -> Page[EvalRow]:
    """Return one page of a project's evals."""
    return read_page(
        session,
        select(EvalRow).where(EvalRow.project_id == project_id),
        EvalRow.touched if order_by is EvalOrder.UPDATED else EvalRow.seq,
        cursor,
    )


def next_touch(session: Session) -> int:
    """Return what an eval that changes now is ordered by, after all others."""
    return (session.scalar(select(func.max(EvalRow.touched))) or 0) + 1
