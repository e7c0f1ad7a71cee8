"""Our own route below /v1/x/ that searches a project's files."""

from typing import Annotated

from fastapi import APIRouter, Query

from understudy.schemas.files.files import FileObject
from understudy.schemas.lists import Cursor, Page
from understudy.server.files import service
from understudy.server.files.objects import file_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.lists import Limit, page_object
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/files")


@router.get("")
def search(
    services: ServicesDep,
    project: CurrentProject,
    q: Annotated[str, Query(max_length=512)] = "",
    purpose: str | None = None,
    after: str | None = None,
    limit: Limit = 20,
) -> Page[FileObject]:
    """List the files of a purpose whose name or id holds a text, newest first."""
    cursor = Cursor(after=after, limit=limit)
    page = service.list_files(
        services.database, project.id, cursor, purpose=purpose, text=q.strip()
    )
    return page_object(
        page, lambda row: file_object(row, results_as_base64=services.results_as_base64)
    )
