"""Our own route below /v1/x/ that reads a stored file page by page, however large it is."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from understudy.schemas.files.lines import FileLineObject, FileLines
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep
from understudy.storage.files import get_file

router = APIRouter(prefix="/x/files")


@router.get("/{file_id}/lines")
def lines(
    file_id: str,
    services: ServicesDep,
    project: CurrentProject,
    start: Annotated[int, Query(ge=1)] = 1,
    limit: Annotated[int, Query(ge=0, le=200)] = 20,
) -> FileLines:
    """Show `limit` lines of a file from line `start` on, counted from 1."""
    with services.database.read() as session:
        digest = get_file(session, project.id, file_id).sha256
    index = services.line_indexes.of(services.blobs.path(digest))
    shown = index.read(start, limit)
    return FileLines(
        file_id=file_id,
        total_lines=index.line_count,
        data=[FileLineObject(**asdict(line)) for line in shown],
    )
