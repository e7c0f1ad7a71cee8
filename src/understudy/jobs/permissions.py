"""Letting other projects use a tuned model, and ending that."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError, NotFoundError
from understudy.ids import new_id
from understudy.schemas.lists import Cursor
from understudy.storage import permissions
from understudy.storage.database import Database
from understudy.storage.models import find_model
from understudy.storage.paging import Page
from understudy.storage.tables.jobs import TunedModelRow
from understudy.storage.tables.permissions import CheckpointPermissionRow
from understudy.storage.tables.projects import ProjectRow
from understudy.wording import worded


def permit(
    db: Database, project_id: str, model: str, project_ids: Sequence[str]
) -> list[CheckpointPermissionRow]:
    """Let projects use a model of this one; those that may already keep their permission.

    Raises NotFoundError for a model that is not this project's, and InvalidRequestError for a
    project that does not exist or owns the model; then nobody is permitted anything.
    """
    with db.write() as session:
        row = _own(session, project_id, model)
        now = int(db.now(session))
        return [
            _permitted(session, row, project_id, other, now) for other in dict.fromkeys(project_ids)
        ]


def list_permissions(
    db: Database, project_id: str, model: str, cursor: Cursor, *, of_project: str | None
) -> Page[CheckpointPermissionRow]:
    """Return one page of who may use a model of this project; raises NotFoundError."""
    with db.read() as session:
        row = _own(session, project_id, model)
        return permissions.list_permissions(session, row, cursor, project_id=of_project)


def revoke(db: Database, project_id: str, model: str, permission_id: str) -> None:
    """End a permission; raises NotFoundError."""
    with db.write() as session:
        row = _own(session, project_id, model)
        session.delete(permissions.get_permission(session, row, permission_id))


def _own(session: Session, project_id: str, name: str) -> TunedModelRow:
    row = find_model(session, project_id, name)
    if row is None:
        raise NotFoundError(
            worded(
                "jobs.model_no_fine_tuned",
                "The model '{name}' is no fine-tuned model or checkpoint of this project.",
                name=name[:200],
            ),
            code="model_not_found",
            param="fine_tuned_model_checkpoint",
        )
    return row


def _permitted(
    session: Session, model: TunedModelRow, owner: str, project_id: str, now: int
) -> CheckpointPermissionRow:
    if project_id == owner:
        raise InvalidRequestError(
            worded(
                "jobs.model_belongs_project_which",
                "The model belongs to this project, which needs no permission.",
            ),
            param="project_ids",
        )
    if session.get(ProjectRow, project_id) is None:
        raise InvalidRequestError(
            worded(
                "jobs.there_no_project_understudy",
                "There is no project '{project_id}'; `understudy projects list` shows them.",
                project_id=project_id[:100],
            ),
            param="project_ids",
        )
    found = permissions.permission_of(session, model, project_id)
    if found is not None:
        return found
    row = CheckpointPermissionRow(
        id=new_id("cp_"), model_seq=model.seq, project_id=project_id, created_at=now
    )
    session.add(row)
    session.flush()
    return row
