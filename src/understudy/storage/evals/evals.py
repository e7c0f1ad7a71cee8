"""Evals: what is kept of them, and how they are found, listed, renamed and deleted."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.evals.evals import EvalOrder
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.evals import EvalRow
from understudy.wording import worded


def get_eval(session: Session, project_id: str, eval_id: str) -> EvalRow:
    """Return a project's eval; raises NotFoundError, also for another project's id."""
    query = select(EvalRow).where(EvalRow.project_id == project_id, EvalRow.id == eval_id)
    row = session.scalar(query)
    if row is None:
        raise NotFoundError(
            worded(
                "api.eval_id_not_found",
                "Eval with id '{eval_id}' not found.",
                eval_id=eval_id[:200],
            ),
            param="eval_id",
        )
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


def search_evals(session: Session, project_id: str, text: str, cursor: Cursor) -> Page[EvalRow]:
    """Return one page of a project's evals that hold a text in name or id, newest first."""
    query = select(EvalRow).where(EvalRow.project_id == project_id)
    if text:
        columns = (EvalRow.name, EvalRow.id)
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    return read_page(session, query, EvalRow.seq, cursor)


def count_evals(session: Session, project_id: str) -> int:
    """Return how many evals a project has."""
    query = select(func.count()).select_from(EvalRow).where(EvalRow.project_id == project_id)
    return session.scalar(query) or 0


def next_touch(session: Session) -> int:
    """Return what an eval that changes now is ordered by, after all others."""
    return (session.scalar(select(func.max(EvalRow.touched))) or 0) + 1
