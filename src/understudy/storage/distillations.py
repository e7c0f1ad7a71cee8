"""Distillations: the rows that a project asked for and a runner works on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.distillations import DistillationRow
from understudy.wording import worded


def get_distillation(session: Session, project_id: str, distillation_id: str) -> DistillationRow:
    """Return a project's distillation; raises NotFoundError, also for another project's id."""
    query = select(DistillationRow).where(
        DistillationRow.project_id == project_id, DistillationRow.id == distillation_id
    )
    row = session.scalar(query)
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_such_distillation",
                "No such distillation: {distillation_id}",
                distillation_id=distillation_id[:100],
            ),
            param="distillation_id",
        )
    return row


def list_distillations(session: Session, project_id: str, cursor: Cursor) -> Page[DistillationRow]:
    """Return one page of a project's distillations."""
    query = select(DistillationRow).where(DistillationRow.project_id == project_id)
    return read_page(session, query, DistillationRow.seq, cursor)


def distillations_of_metadata(
    session: Session, project_id: str, key: str
) -> dict[str, DistillationRow]:
    """Return the newest distillation for each value of a key of the metadata asked for."""
    query = select(DistillationRow).where(DistillationRow.project_id == project_id)
    found = session.scalars(query.order_by(DistillationRow.seq))
    marked = ((row, (row.request.get("metadata") or {}).get(key)) for row in found)
    return {value: row for row, value in marked if value is not None}
