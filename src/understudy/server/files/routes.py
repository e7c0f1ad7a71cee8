"""Files: upload, list, look at, download, delete."""

import base64
from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from understudy.data.files.parse import check_jsonl
from understudy.errors import InvalidRequestError
from understudy.schemas.files.files import (
    RESULT_PURPOSE,
    ExpiresAfter,
    FileDeleted,
    FileObject,
    UploadPurpose,
)
from understudy.schemas.lists import Order, PageWithIds
from understudy.server.files.objects import base64_length, file_object
from understudy.server.files.upload import ReceivedUpload, receive_upload
from understudy.server.http.auth import CurrentProject
from understudy.server.http.complaints import request_error
from understudy.server.http.filenames import attachment
from understudy.server.http.idempotency import repeatable
from understudy.server.http.lists import page_with_ids
from understudy.server.services import Services, ServicesDep
from understudy.storage.files import (
    NewFile,
    delete_file,
    find_file,
    get_file,
    insert_file,
    list_files,
)
from understudy.storage.idempotency import Repeatable, recall, remember
from understudy.storage.tables.jobs import FileRow

router = APIRouter()

# A multiple of 3, so that the pieces of a base64 text can be joined.
_DOWNLOAD_PIECE_BYTES = 3 * 64 * 1024
_FORM_FIELDS = ("purpose", "expires_after[anchor]", "expires_after[seconds]")


@router.post("/files")
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> FileObject:
    """Store a file. Only its purpose and, for training, its being JSONL are checked here."""
    upload = await receive_upload(request, services.blobs, _check_field)
    mark = repeatable(request, f"{upload.filename}\n{upload.blob.sha256}\n{upload.fields}")
    row = await run_in_threadpool(_record, services, project.id, upload, mark)
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
    with services.database.read() as session:
        page = list_files(
            session, project.id, purpose=purpose, after=after, limit=limit, order=order
        )
    return page_with_ids(
        page, lambda row: file_object(row, results_as_base64=services.results_as_base64)
    )


@router.get("/files/{file_id}")
def retrieve(file_id: str, services: ServicesDep, project: CurrentProject) -> FileObject:
    """Show one file."""
    with services.database.read() as session:
        row = get_file(session, project.id, file_id)
    return file_object(row, results_as_base64=services.results_as_base64)


@router.delete("/files/{file_id}")
def delete(file_id: str, services: ServicesDep, project: CurrentProject) -> FileDeleted:
    """Delete a file; a job that was created with it still runs."""
    with services.database.write() as session:
        delete_file(session, project.id, file_id)
    return FileDeleted(id=file_id)


@router.get("/files/{file_id}/content")
def download(file_id: str, services: ServicesDep, project: CurrentProject) -> StreamingResponse:
    """Send the bytes of a file; a job's results as base64 unless the server is set to plain."""
    with services.database.read() as session:
        row = get_file(session, project.id, file_id)
    is_encoded = services.results_as_base64 and row.purpose == RESULT_PURPOSE
    # Opened here: an open file can still be read to its end when it is deleted meanwhile.
    pieces = _pieces(services.blobs.path(row.sha256).open("rb"))
    return StreamingResponse(
        map(base64.b64encode, pieces) if is_encoded else pieces,
        media_type="application/octet-stream",
        headers={
            "content-length": str(base64_length(row.bytes) if is_encoded else row.bytes),
            "content-disposition": attachment(row.filename),
            "x-content-type-options": "nosniff",
        },
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_DOWNLOAD_PIECE_BYTES):
            yield piece


def _check_field(name: str, value: str) -> None:
    """Refuse a wrong field as soon as it arrives, before the file behind it."""
    if name not in _FORM_FIELDS:
        raise InvalidRequestError(
            f"Unknown parameter: '{name[:100]}'.", code="unknown_parameter", param=name[:100]
        )
    if name == "purpose" and value not in set(UploadPurpose):
        purposes = ",".join(f"'{purpose}'" for purpose in UploadPurpose)
        raise InvalidRequestError(
            f"'{value[:100]}' is not one of [{purposes}] - 'purpose'", param="purpose"
        )


def _record(
    services: Services, project_id: str, upload: ReceivedUpload, mark: Repeatable
) -> FileRow:
    """Check a stored upload and make its row, unless the same request made one already."""
    purpose = _purpose_of(upload)
    lifetime_seconds = _lifetime_of(upload)
    _check_content(services, upload, purpose)
    with services.database.write() as session:
        now = int(services.database.now(session))
        made_before = recall(session, project_id, mark, now=now)
        if made_before and (existing := find_file(session, project_id, made_before)):
            return existing
        new = NewFile(
            project_id=project_id,
            purpose=purpose,
            filename=upload.filename,
            blob=upload.blob,
            created_at=now,
            expires_at=None if lifetime_seconds is None else now + lifetime_seconds,
        )
        row = insert_file(session, new)
        remember(session, project_id, mark, row.id, now=now)
        return row


def _purpose_of(upload: ReceivedUpload) -> UploadPurpose:
    if "purpose" not in upload.fields:
        raise InvalidRequestError(
            "Missing required parameter: 'purpose'.",
            code="missing_required_parameter",
            param="purpose",
        )
    return UploadPurpose(upload.fields["purpose"])


def _lifetime_of(upload: ReceivedUpload) -> int | None:
    prefix = "expires_after"
    given = {
        name.removeprefix(prefix).strip("[]"): value
        for name, value in upload.fields.items()
        if name.startswith(prefix)
    }
    if not given:
        return None
    seconds = given.get("seconds")
    number = int(seconds) if seconds and seconds.isascii() and seconds.isdecimal() else seconds
    try:
        return ExpiresAfter.model_validate(given | ({"seconds": number} if seconds else {})).seconds
    except ValidationError as error:
        raise request_error(error.errors(include_url=False), prefix=(prefix,)) from None


def _check_content(services: Services, upload: ReceivedUpload, purpose: UploadPurpose) -> None:
    if upload.blob.bytes == 0:
        raise InvalidRequestError("The file is empty.", param="file")
    if purpose is UploadPurpose.FINE_TUNE:
        with services.blobs.path(upload.blob.sha256).open("rb") as file:
            check_jsonl(_pieces(file))
