"""Our own routes on exports, below /v1/x/: ask for one, follow it, download it, delete it."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from understudy.exporting.archive import ExportArchive
from understudy.exporting.order import ExportFormat, NumberType
from understudy.jobs import export_rows
from understudy.jobs.exports import ExportRequest
from understudy.schemas.exports import CreateExport, ExportDeleted, ExportList, ExportObject
from understudy.server.http.auth import CurrentProject
from understudy.server.http.filenames import attachment
from understudy.server.http.json_body import json_body, read_json
from understudy.server.http.ranges import wanted_part
from understudy.server.models.export_objects import archive_of, export_object
from understudy.server.services import Services, ServicesDep

router = APIRouter(prefix="/x/exports")

_BODY_BYTES = 64 * 1024


@router.post("", openapi_extra=json_body(CreateExport))
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> ExportObject:
    """Ask for an export; the same one, where it is under way or done, is answered again."""
    body = await read_json(request, CreateExport, limit_bytes=_BODY_BYTES)
    # What leaves here answers elsewhere.
    await run_in_threadpool(services.served.refuse_held, project.id, body.model)
    wanted = ExportRequest.of(
        body.model, ExportFormat(body.format), None if body.type is None else NumberType(body.type)
    )
    row = await run_in_threadpool(
        export_rows.create_export,
        services.database,
        services.blobs,
        services.catalogue(),
        project.id,
        wanted,
        directory=services.exports_directory,
    )
    return export_object(row, services.exports_directory)


@router.get("")
def list_(services: ServicesDep, project: CurrentProject, model: str | None = None) -> ExportList:
    """List the exports of the project, or of one model, newest first."""
    rows = export_rows.exports_of_project(services.database, project.id, model)
    return ExportList(data=[export_object(row, services.exports_directory) for row in rows])


@router.get("/{export_id}")
def retrieve(export_id: str, services: ServicesDep, project: CurrentProject) -> ExportObject:
    """Show one export."""
    row = export_rows.get_export(services.database, project.id, export_id)
    return export_object(row, services.exports_directory)


@router.delete("/{export_id}")
def delete(export_id: str, services: ServicesDep, project: CurrentProject) -> ExportDeleted:
    """Delete an export with its files; one that is under way is ended."""
    export_rows.delete_export(services.database, project.id, export_id, services.exports_directory)
    return ExportDeleted(id=export_id)


@router.get("/{export_id}/content")
def download(
    export_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> Response:
    """Send a finished export as a tar archive, or the part of it that `Range` asks for."""
    archive, name = _archive(services, project.id, export_id)
    headers = {
        "accept-ranges": "bytes",
        "etag": f'"{archive.tag}"',
        "content-disposition": attachment(f"{name}.tar"),
        "x-content-type-options": "nosniff",
    }
    part = wanted_part(request, length=archive.length, tag=archive.tag)
    if part is None:
        return Response(status_code=416, headers={"content-range": f"bytes */{archive.length}"})
    if part.is_partial:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{archive.length}"
    return StreamingResponse(
        archive.read(part.start, part.stop),
        status_code=206 if part.is_partial else 200,
        media_type="application/x-tar",
        headers=headers | {"content-length": str(part.stop - part.start)},
    )


def _archive(services: Services, project_id: str, export_id: str) -> tuple[ExportArchive, str]:
    directory = export_rows.finished_directory(
        services.database, project_id, export_id, services.exports_directory
    )
    row = export_rows.get_export(services.database, project_id, export_id)
    services.served.refuse_held(project_id, row.model)
    return archive_of(row, directory)
