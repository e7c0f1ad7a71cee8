"""Our own routes below /v1/x/ that change lines of a training file: always into a new file."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.base import MAX_WHOLE
from understudy.schemas.files.edits import (
    EditFile,
    FileDuplicates,
    FileEdit,
    FileOriginObject,
    FileOrigins,
    RepeatedLine,
    WholeLine,
)
from understudy.server.files.editing.edited import (
    edit_file,
    find_origin,
    find_repeated,
    whole_line,
)
from understudy.server.files.objects import file_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import Services, ServicesDep

router = APIRouter(prefix="/x/files")

# As much as a file that is edited may have.
_BODY_BYTES = 64 * 1024 * 1024


@router.post("/{file_id}/edit", openapi_extra=json_body(EditFile))
async def edit(
    file_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> FileEdit:
    """Change lines of a training file: a new file, in which all other lines are as they were."""
    asked = await read_json(request, EditFile, limit_bytes=_BODY_BYTES)
    mark = repeatable(request, asked.model_dump_json())
    made = await run_in_threadpool(edit_file, services, project.id, file_id, asked, mark)
    origin = await run_in_threadpool(_origin, services, project.id, made.id)
    assert origin is not None, "an edited file knows where it comes from"
    return FileEdit(
        file_id=file_id,
        edited_file=file_object(made, results_as_base64=False),
        origin=origin,
    )


@router.get("/{file_id}/duplicates")
def duplicates(file_id: str, services: ServicesDep, project: CurrentProject) -> FileDuplicates:
    """List every line that holds the same JSON value as an earlier one."""
    found, total = find_repeated(services, project.id, file_id)
    return FileDuplicates(
        file_id=file_id,
        total_lines=total,
        data=[RepeatedLine(line=line, first=first) for line, first in found],
    )


@router.get("/{file_id}/lines/{line}")
def line(
    file_id: str,
    line: Annotated[int, Path(ge=1, le=MAX_WHOLE)],
    services: ServicesDep,
    project: CurrentProject,
) -> WholeLine:
    """Show one line of a file whole, however long it is."""
    text = whole_line(services, project.id, file_id, line)
    return WholeLine(file_id=file_id, line=line, text=text)


@router.get("/{file_id}/origin")
def origin(file_id: str, services: ServicesDep, project: CurrentProject) -> FileOrigins:
    """Say which file a file was made from, and what was done to it."""
    return FileOrigins(file_id=file_id, origin=_origin(services, project.id, file_id))


def _origin(services: Services, project_id: str, file_id: str) -> FileOriginObject | None:
    found = find_origin(services, project_id, file_id)
    if found is None:
        return None
    origin, is_deleted = found
    return FileOriginObject(
        deed=origin.deed,
        file_id=origin.file_id,
        filename=origin.filename,
        is_deleted=is_deleted,
        counts=origin.counts,
    )
