"""Makes a new file from a stored one with some of its lines changed, within bounds."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePath

from understudy.data.files import line_edits
from understudy.data.files.formats import Method
from understudy.data.files.line_edits import LineEdits, Repetition
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.schemas.files.edits import EditFile
from understudy.schemas.files.files import UploadPurpose
from understudy.server.files.report_limiter import MAX_FILE_BYTES, CheckStop
from understudy.server.files.service import check_content, get_file
from understudy.server.http.filenames import shortened_name
from understudy.server.services import Services
from understudy.storage.files.files import NewFile, find_file, insert_file
from understudy.storage.files.origins import FileOrigin
from understudy.storage.idempotency import Repeatable, once
from understudy.storage.tables.projects import FileRow
from understudy.wording import worded

# A file that is no JSONL is kept as user data, and becomes training data by its last edit.
_EDITABLE = (UploadPurpose.FINE_TUNE, UploadPurpose.USER_DATA)


def edit_file(
    services: Services, project_id: str, file_id: str, asked: EditFile, mark: Repeatable
) -> FileRow:
    """Make a file with the changes, or return the one that the same request made; blocks.

    Raises InvalidRequestError for a line that is not there, a text that is no example, and where
    nothing is changed or left.
    """
    source = _source(services, project_id, file_id)
    path = services.blobs.stored(source.sha256)
    edits = _edits(asked)
    line_edits.check_edits(edits, services.line_indexes.of(path).line_count, Method(asked.method))
    with services.report_limiter.turn() as check_stop:
        counts = _counts(path, edits, check_stop)
        blob = services.blobs.write(line_edits.edited_lines(_lines(path, check_stop), edits))
    check_content(services.blobs, blob, UploadPurpose.FINE_TUNE)
    default = f"{PurePath(source.filename).stem.removesuffix('.edited')}.edited.jsonl"
    origin = FileOrigin(deed="edit", file_id=source.id, filename=source.filename, counts=counts)
    with services.database.write() as session:
        now = int(services.database.now(session))
        new = NewFile(
            project_id=project_id,
            purpose=UploadPurpose.FINE_TUNE,
            filename=shortened_name(asked.filename or default),
            blob=blob,
            created_at=now,
            # What was to disappear does so changed too.
            expires_at=source.expires_at,
            origin=origin,
        )
        return once(
            session,
            project_id,
            mark,
            now=now,
            find=lambda id: find_file(session, project_id, id),
            make=lambda: insert_file(session, new),
        )


def find_repeated(
    services: Services, project_id: str, file_id: str
) -> tuple[tuple[Repetition, ...], int]:
    """Return the lines that repeat earlier ones, and how many lines the file has; blocks."""
    source = _source(services, project_id, file_id)
    path = services.blobs.stored(source.sha256)
    with services.report_limiter.turn() as check_stop:
        found = line_edits.repeated_lines(_lines(path, check_stop), check_stop)
    return found, services.line_indexes.of(path).line_count


def whole_line(services: Services, project_id: str, file_id: str, line: int) -> str:
    """Return one line as it is; raises NotFoundError where there is none of that number."""
    path = services.blobs.stored(get_file(services.database, project_id, file_id).sha256)
    index = services.line_indexes.of(path)
    if line > index.line_count:
        raise NotFoundError(
            worded(
                "api.edit.no_line",
                "There is no line {line}: the file has {count} lines.",
                line=line,
                count=index.line_count,
            ),
            param="line",
        )
    return index.bytes_of(line).rstrip(b"\r\n").decode("utf-8", "replace")


def find_origin(
    services: Services, project_id: str, file_id: str
) -> tuple[FileOrigin, bool] | None:
    """Return what a file was made from, and whether that is deleted; None for an upload."""
    with services.database.read() as session:
        held = get_file(services.database, project_id, file_id).origin
        if held is None:
            return None
        origin = FileOrigin.from_json(held)
        return origin, find_file(session, project_id, origin.file_id) is None


def _source(services: Services, project_id: str, file_id: str) -> FileRow:
    row = get_file(services.database, project_id, file_id)
    if row.purpose not in _EDITABLE:
        raise InvalidRequestError(
            worded(
                "api.edit.purpose",
                "{file} has the purpose '{purpose}'; only files with the purpose 'fine-tune' "
                "or 'user_data' are edited.",
                file=row.id,
                purpose=row.purpose,
            ),
            param="file_id",
        )
    if row.bytes > MAX_FILE_BYTES:
        raise InvalidRequestError(
            worded(
                "api.edit.too_large",
                "{file} has {size} MB, and files of up to {limit} MB are edited here. Change it on "
                "your machine, look at it with 'understudy check' and upload it again.",
                file=row.id,
                size=row.bytes // 1024**2,
                limit=MAX_FILE_BYTES // 1024**2,
            ),
            code="file_too_large",
            param="file_id",
        )
    return row


def _edits(asked: EditFile) -> LineEdits:
    if not (asked.replace or asked.remove or asked.append):
        raise InvalidRequestError(
            worded(
                "api.edit.nothing",
                "Nothing is changed; give 'replace', 'remove' or 'append'.",
            ),
            param="replace",
        )
    replaced = {edit.line: edit.text.encode() for edit in asked.replace}
    if len(replaced) < len(asked.replace):
        twice = next(
            line for line, n in Counter(edit.line for edit in asked.replace).items() if n > 1
        )
        raise InvalidRequestError(
            worded("api.edit.twice", "Line {line} is replaced twice.", line=twice), param="replace"
        )
    return LineEdits(
        replaced=replaced,
        removed=frozenset(asked.remove),
        appended=tuple(text.encode() for text in asked.append),
    )


def _counts(path: Path, edits: LineEdits, check_stop: CheckStop) -> dict[str, int]:
    """Say how many lines are changed; of those that go, repetitions are counted apart."""
    repeated = 0
    if edits.removed:
        found = line_edits.repeated_lines(_lines(path, check_stop), check_stop)
        repeated = sum(repetition.line in edits.removed for repetition in found)
    counts = {
        "replaced": len(edits.replaced),
        "removed": len(edits.removed) - repeated,
        "duplicates": repeated,
        "appended": len(edits.appended),
    }
    return {name: count for name, count in counts.items() if count}


def _lines(path: Path, check_stop: CheckStop) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            check_stop()
            yield line
