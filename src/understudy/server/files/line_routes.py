"""Our own route below /v1/x/ that reads a stored file page by page, however large it is."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from understudy.schemas.base import PositiveNumber
from understudy.schemas.files.lines import FileLineObject, FileLines
from understudy.server.files import service
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/files")


@router.get("/{file_id}/lines")
def lines(
    file_id: str,
    services: ServicesDep,
    project: CurrentProject,
    start: Annotated[PositiveNumber, Query()] = 1,
    limit: Annotated[int, Query(ge=0, le=200)] = 20,
) -> FileLines:
    """Show `limit` lines of a file from line `start` on, counted from 1."""
    shown, total = service.read_lines(services, project.id, file_id, start=start, limit=limit)
    return FileLines(
        file_id=file_id,
        total_lines=total,
        data=[FileLineObject(**asdict(line)) for line in shown],
    )
