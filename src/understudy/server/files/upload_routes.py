"""Uploads: a large file in parts, each of which may be sent again."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.errors import InvalidRequestError
from understudy.schemas.files.uploads import (
    MAX_PART_BYTES,
    CompleteUpload,
    CreateUpload,
    Upload,
    UploadPart,
)
from understudy.server.files import uploads
from understudy.server.files.objects import part_object, upload_object
from understudy.server.files.upload import WantedFile, receive_upload
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import ServicesDep
from understudy.wording import worded

router = APIRouter(prefix="/uploads")

_BODY_BYTES = 1024 * 1024
_PART = WantedFile(
    field="data",
    max_bytes=MAX_PART_BYTES,
    too_large=f"The part is too large: a part may have at most 64 MB ({MAX_PART_BYTES} bytes).",
)


@router.post("", openapi_extra=json_body(CreateUpload))
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Upload:
    """Begin an upload, which takes parts for an hour."""
    body = await read_json(request, CreateUpload, limit_bytes=_BODY_BYTES)
    mark = repeatable(request, body.model_dump_json())
    row = await run_in_threadpool(uploads.begin, services.database, project.id, body, mark=mark)
    return upload_object(row, None, results_as_base64=services.results_as_base64)


@router.post("/{upload_id}/parts")
async def add_part(
    upload_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> UploadPart:
    """Store a part; the order of the parts is given when the upload is completed."""
    await run_in_threadpool(uploads.check_pending, services.database, project.id, upload_id)
    part = await receive_upload(request, services.blobs, _no_field, _PART)
    mark = repeatable(request, part.blob.sha256)
    row = await run_in_threadpool(
        uploads.add_part, services.database, project.id, upload_id, part.blob, mark=mark
    )
    return part_object(row)


@router.post("/{upload_id}/complete", openapi_extra=json_body(CompleteUpload))
async def complete(
    upload_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> Upload:
    """Make a file of the parts, and check it as any other upload is checked."""
    body = await read_json(request, CompleteUpload, limit_bytes=_BODY_BYTES)
    mark = repeatable(request, body.model_dump_json())
    row, file = await run_in_threadpool(
        uploads.complete, services, project.id, upload_id, body, mark=mark
    )
    return upload_object(row, file, results_as_base64=services.results_as_base64)


@router.post("/{upload_id}/cancel")
def cancel(upload_id: str, services: ServicesDep, project: CurrentProject) -> Upload:
    """Cancel an upload. The body is not read: clients send none and call it JSON."""
    row = uploads.cancel(services.database, project.id, upload_id)
    return upload_object(row, None, results_as_base64=services.results_as_base64)


def _no_field(name: str, _value: str) -> None:
    raise InvalidRequestError(
        worded(
            "files.unknown_parameter",
            "Unknown parameter: '{name}'.",
            name=name[:100],
        ),
        code="unknown_parameter",
        param=name[:100],
    )
