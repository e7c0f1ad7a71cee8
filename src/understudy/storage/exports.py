"""Exports of models: the rows that a project asked for and a runner works on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.storage.tables.exports import ExportRow
from understudy.wording import worded


def find_export(session: Session, project_id: str, export_id: str) -> ExportRow:
    """Return a project's export; raises NotFoundError."""
    query = select(ExportRow).where(ExportRow.project_id == project_id, ExportRow.id == export_id)
    row = session.scalar(query)
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_such_export",
                "No such export: {export_id}",
                export_id=export_id[:100],
            ),
            param="export_id",
        )
    return row


def list_exports(session: Session, project_id: str, model: str | None) -> list[ExportRow]:
    """Return a project's exports, or those of one of its models, newest first."""
    query = select(ExportRow).where(ExportRow.project_id == project_id)
    if model is not None:
        query = query.where(ExportRow.model == model)
    return list(session.scalars(query.order_by(ExportRow.seq.desc())))
