"""Permissions: tuned models that other projects may use."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.jobs import TunedModelRow
from understudy.storage.tables.permissions import CheckpointPermissionRow
from understudy.wording import worded


def shared_model(session: Session, project_id: str, name: str) -> TunedModelRow | None:
    """Return the model of that name which another project lets this one use, or None."""
    query = _shared(project_id).where(TunedModelRow.name == name)
    return session.scalar(query.order_by(TunedModelRow.seq).limit(1))


def shared_models(session: Session, project_id: str) -> list[TunedModelRow]:
    """Return every model that other projects let this one use, oldest first."""
    return list(session.scalars(_shared(project_id).order_by(TunedModelRow.seq)))


def list_permissions(
    session: Session, model: TunedModelRow, cursor: Cursor, *, project_id: str | None
) -> Page[CheckpointPermissionRow]:
    """Return one page of the permissions of a model, or of those of one project."""
    query = select(CheckpointPermissionRow).where(CheckpointPermissionRow.model_seq == model.seq)
    if project_id is not None:
        query = query.where(CheckpointPermissionRow.project_id == project_id)
    return read_page(session, query, CheckpointPermissionRow.seq, cursor)


def permission_of(
    session: Session, model: TunedModelRow, project_id: str
) -> CheckpointPermissionRow | None:
    """Return the permission of one project to use a model, or None."""
    return session.scalar(
        select(CheckpointPermissionRow).where(
            CheckpointPermissionRow.model_seq == model.seq,
            CheckpointPermissionRow.project_id == project_id,
        )
    )


def get_permission(
    session: Session, model: TunedModelRow, permission_id: str
) -> CheckpointPermissionRow:
    """Return a permission of a model; raises NotFoundError."""
    row = session.scalar(
        select(CheckpointPermissionRow).where(
            CheckpointPermissionRow.model_seq == model.seq,
            CheckpointPermissionRow.id == permission_id,
        )
    )
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_such_permission",
                "No such permission: {permission_id}",
                permission_id=permission_id[:100],
            ),
            param="permission_id",
        )
    return row


def _shared(project_id: str) -> Select[TunedModelRow]:
    return (
        select(TunedModelRow)
        .join(CheckpointPermissionRow, CheckpointPermissionRow.model_seq == TunedModelRow.seq)
        .where(CheckpointPermissionRow.project_id == project_id)
    )
