"""Projects: whom files, jobs, models and keys belong to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.ids import new_id
from understudy.storage.tables.projects import ProjectRow


def create_project(session: Session, name: str, *, created_at: int) -> ProjectRow:
    """Make a project and return it."""
    project = ProjectRow(id=new_id("proj_"), name=name, created_at=created_at)
    session.add(project)
    session.flush()
    return project


def list_projects(session: Session) -> list[ProjectRow]:
    """Return all projects, oldest first; a new database has none."""
    query = select(ProjectRow).order_by(ProjectRow.created_at, ProjectRow.id)
    return list(session.scalars(query))
