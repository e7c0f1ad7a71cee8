"""What a project can do with its files: store, look at, list, delete and read them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from understudy.answering.models import ServedModel
from understudy.data.files.formats import Method
from understudy.data.files.line_index import FileLine
from understudy.data.files.parse import check_jsonl
from understudy.data.images.faults import UnusableImageError
from understudy.data.images.pictures import MAX_IMAGE_BYTES, read_picture, too_many_bytes
from understudy.data.images.sources import ImageSource
from understudy.data.report.control_tokens import special_tokens
from understudy.data.report.examples import read_file
from understudy.data.report.preview import Preview, preview, read_line
from understudy.data.report.report import Report
from understudy.data.report.reporting import ReportModel, make_report
from understudy.errors import InvalidRequestError
from understudy.jobs.creation import find_starting_point
from understudy.schemas.files.files import UploadPurpose, default_lifetime_seconds
from understudy.schemas.lists import Cursor
from understudy.server.files.report_limiter import pieces_of
from understudy.server.files.request import UploadOptions
from understudy.server.files.upload import ReceivedUpload
from understudy.server.services import Services
from understudy.storage.blobs import Blob, BlobStore
from understudy.storage.database import Database
from understudy.storage.files import files
from understudy.storage.files.files import NewFile
from understudy.storage.idempotency import Repeatable, once
from understudy.storage.jobs.speed import training_speed
from understudy.storage.paging import Page
from understudy.storage.tables.projects import FileRow
from understudy.wording import worded

_PIECE_BYTES = 256 * 1024


class LinePreview(NamedTuple):
    """One line as tokens, and the full name of the model that reads them."""

    model: str
    shown: Preview


def create_file(
    services: Services,
    project_id: str,
    upload: ReceivedUpload,
    options: UploadOptions,
    *,
    request: Repeatable,
) -> FileRow:
    """Check a stored upload and make its row, or return the one that the same `request` made.

    Blocks; raises InvalidRequestError for an empty file, and for training data that are no JSONL.
    """
    check_content(services.blobs, upload.blob, options.purpose)
    with services.database.write() as session:
        now = int(services.database.now(session))
        lifetime = options.lifetime_seconds or default_lifetime_seconds(options.purpose)
        new = NewFile(
            project_id=project_id,
            purpose=options.purpose,
            filename=upload.filename,
            blob=upload.blob,
            created_at=now,
            expires_at=None if lifetime is None else now + lifetime,
        )
        return once(
            session,
            project_id,
            request,
            now=now,
            find=lambda id: files.find_file(session, project_id, id),
            make=lambda: files.insert_file(session, new),
        )


def get_file(db: Database, project_id: str, file_id: str) -> FileRow:
    """Return a project's file; raises NotFoundError, also for another project's id."""
    with db.read() as session:
        return files.get_file(session, project_id, file_id)


def list_files(
    db: Database, project_id: str, cursor: Cursor, *, purpose: str | None, text: str = ""
) -> Page[FileRow]:
    """Return one page of a project's files, of a purpose and with a text in name or id."""
    with db.read() as session:
        return files.list_files(session, project_id, cursor, purpose=purpose, text=text)


def delete_file(db: Database, project_id: str, file_id: str) -> None:
    """Delete a project's file; raises NotFoundError."""
    with db.write() as session:
        files.delete_file(session, project_id, file_id)


def read_lines(
    services: Services, project_id: str, file_id: str, *, start: int, limit: int
) -> tuple[Sequence[FileLine], int]:
    """Return lines of a file from line `start` on, counted from 1, and how many it has; blocks."""
    index = services.line_indexes.of(_path(services, project_id, file_id))
    return index.read(start, limit), index.line_count


def report_file(
    services: Services,
    project_id: str,
    file_id: str,
    *,
    validation_file: str | None,
    model: str,
    method: Method,
    split_turns: bool | None,
) -> Report:
    """Judge a training file for a model, with a validation file if there is one; blocks.

    Raises what a turn of the report limiter raises.
    """
    training = _path(services, project_id, file_id)
    validation = _path(services, project_id, validation_file) if validation_file else None
    served = services.served.find_own(project_id, model, why=", so its tokens are not known here")
    with services.database.read() as session:
        speed = training_speed(session, project_id, served.weights.base)
    splits_turns = _splits_turns(services, project_id, model, split_turns)
    judge = ReportModel(
        name=served.name,
        base=served.weights.base,
        renderer=served.renderer,
        special_tokens=special_tokens(served.renderer.vocabulary),
        tokens_per_second=speed,
        splits_turns=splits_turns,
    )
    images = _images(services, project_id, served)
    with services.report_limiter.turn() as check_stop:
        file = read_file(pieces_of(training, check_stop), method, images)
        other = None
        if validation is not None:
            other = read_file(pieces_of(validation, check_stop), method, images)
        return make_report(file, other, judge, check_stop)


def preview_line(
    services: Services,
    project_id: str,
    file_id: str,
    *,
    line: int,
    model: str,
    method: Method,
    split_turns: bool | None,
) -> LinePreview:
    """Return one line as the tokens that a model sees; blocks.

    Raises what a turn of the report limiter raises.
    """
    path = _path(services, project_id, file_id)
    served = services.served.find_own(project_id, model, why=", so its tokens are not known here")
    splits_turns = _splits_turns(services, project_id, model, split_turns)
    with services.report_limiter.turn() as check_stop:
        images = _images(services, project_id, served)
        read = read_line(pieces_of(path, check_stop), line, method, images)
        shown = preview(read, served.renderer, splits_turns=splits_turns)
        return LinePreview(served.name, shown)


def _images(services: Services, project_id: str, served: ServedModel) -> ImageSource:
    weights = served.weights
    return services.images.of_file(project_id, weights.base, Path(weights.base_directory))


def _splits_turns(services: Services, project_id: str, model: str, wanted: bool | None) -> bool:
    """Return whether a job on the model would split what its template rewrites."""
    if wanted is not None:
        return wanted
    with services.database.read() as session:
        start = find_starting_point(session, services.catalogue(), project_id, model)
        return start.splits_turns


def _path(services: Services, project_id: str, file_id: str) -> Path:
    return services.blobs.stored(get_file(services.database, project_id, file_id).sha256)


def check_content(blobs: BlobStore, blob: Blob, purpose: UploadPurpose) -> None:
    """Raise InvalidRequestError for an empty file, and for training data that are no JSONL."""
    if blob.bytes == 0:
        raise InvalidRequestError(
            worded(
                "files.file_empty",
                "The file is empty.",
            ),
            param="file",
        )
    if purpose is UploadPurpose.VISION:
        _check_image(blobs, blob)
    if purpose is UploadPurpose.FINE_TUNE:
        with blobs.stored(blob.sha256).open("rb") as file:
            check_jsonl(iter(lambda: file.read(_PIECE_BYTES), b""))


def _check_image(blobs: BlobStore, blob: Blob) -> None:
    try:
        if blob.bytes > MAX_IMAGE_BYTES:
            raise too_many_bytes()
        read_picture(blobs.stored(blob.sha256).read_bytes())
    except UnusableImageError as error:
        raise InvalidRequestError(
            worded(
                "files.file_cannot_used_image",
                "The file cannot be used as an image: {message}.",
                message=error.message,
            ),
            code=error.fault.value,
            param="file",
        ) from error
