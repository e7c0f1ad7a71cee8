"""Files: upload, list, look at, download, delete."""

import base64
from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from understudy.schemas.files.files import FileDeleted, FileObject
from understudy.schemas.lists import Cursor, Order, PageWithIds
from understudy.server.files import service
from understudy.server.files.objects import download_length, file_object, is_encoded
from understudy.server.files.request import check_field, upload_options
from understudy.server.files.upload import FILE, receive_upload
from understudy.server.http.auth import CurrentProject
from understudy.server.http.filenames import attachment
from understudy.server.http.idempotency import repeatable
from understudy.server.http.lists import page_with_ids
from understudy.server.services import ServicesDep

router = APIRouter()

# A multiple of 3, so that the pieces of a base64 text can be joined.
_DOWNLOAD_PIECE_BYTES = 3 * 64 * 1024


@router.post("/files")
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> FileObject:
    """Store a file. Only its purpose and, for training, its being JSONL are checked here."""
    upload = await receive_upload(request, services.blobs, check_field, FILE)
    options = upload_options(upload.fields)
    mark = repeatable(request, f"{upload.filename}\n{upload.blob.sha256}\n{upload.fields}")
    row = await run_in_threadpool(
        service.create_file, services, project.id, upload, options, request=mark
    )
    return file_object(row, results_as_base64=services.results_as_base64)


@router.get("/files")
def list_(
    services: ServicesDep,
    project: CurrentProject,
    purpose: str | None = None,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 10_000,
    order: Order = Order.NEWEST_FIRST,
    after: str | None = None,
) -> PageWithIds[FileObject]:
    """List the project's files."""
    cursor = Cursor(after=after, limit=limit, order=order)
    page = service.list_files(services.database, project.id, cursor, purpose=purpose)
    return page_with_ids(
        page, lambda row: file_object(row, results_as_base64=services.results_as_base64)
    )


@router.get("/files/{file_id}")
def retrieve(file_id: str, services: ServicesDep, project: CurrentProject) -> FileObject:
    """Show one file."""
    row = service.get_file(services.database, project.id, file_id)
    return file_object(row, results_as_base64=services.results_as_base64)


@router.delete("/files/{file_id}")
def delete(file_id: str, services: ServicesDep, project: CurrentProject) -> FileDeleted:
    """Delete a file; a job that was created with it still runs."""
    service.delete_file(services.database, project.id, file_id)
    return FileDeleted(id=file_id)


@router.get("/files/{file_id}/content")
def download(file_id: str, services: ServicesDep, project: CurrentProject) -> StreamingResponse:
    """Send the bytes of a file; a job's results as base64 unless the server is set to plain."""
    row = service.get_file(services.database, project.id, file_id)
    as_base64 = is_encoded(row, results_as_base64=services.results_as_base64)
    # Opened here: an open file can still be read to its end when it is deleted meanwhile.
    pieces = _pieces(services.blobs.stored(row.sha256).open("rb"))
    return StreamingResponse(
        map(base64.b64encode, pieces) if as_base64 else pieces,
        media_type="application/octet-stream",
        headers={
            "content-length": str(download_length(row, as_base64=as_base64)),
            "content-disposition": attachment(row.filename),
            "x-content-type-options": "nosniff",
        },
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_DOWNLOAD_PIECE_BYTES):
            yield piece
