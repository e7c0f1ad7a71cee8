"""Looks through a stored upload and makes a repaired file, within the report limiter's bounds."""

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import NamedTuple

from understudy.data.files.formats import Method
from understudy.data.repair.diagnosis import Diagnosis, RepairedFile, look_through
from understudy.errors import InvalidRequestError
from understudy.schemas.files.files import UploadPurpose
from understudy.schemas.files.repairs import RepairFile
from understudy.server.files.report_limiter import pieces_of
from understudy.server.files.service import get_file
from understudy.server.http.filenames import shortened_name
from understudy.server.services import Services
from understudy.storage.files.files import NewFile, find_file, insert_file
from understudy.storage.files.origins import FileOrigin
from understudy.storage.idempotency import Repeatable, once
from understudy.storage.tables.projects import FileRow
from understudy.wording import worded


class RepairedUpload(NamedTuple):
    """The new file's row, and what was found in the first one."""

    file: FileRow
    diagnosis: Diagnosis


def find_faults(services: Services, project_id: str, file_id: str, method: Method) -> Diagnosis:
    """Say everything that is wrong with a file; blocks. Raises what a limiter's turn raises."""
    source = get_file(services.database, project_id, file_id)
    return _look_through(services, source, method).diagnosis


def repair_file(
    services: Services, project_id: str, file_id: str, asked: RepairFile, mark: Repeatable
) -> RepairedUpload:
    """Make a repaired file, or return the one that the same request made; blocks.

    Raises InvalidRequestError where no row is good, or some are not and shall not be left out.
    """
    source = get_file(services.database, project_id, file_id)
    found = _look_through(services, source, Method(asked.method))
    _check(found.diagnosis, asked)
    blob = services.blobs.write(_encoded(found.lines))
    name = shortened_name(f"{PurePath(source.filename).stem}.repaired.jsonl")
    with services.database.write() as session:
        now = int(services.database.now(session))
        new = NewFile(
            project_id=project_id,
            purpose=UploadPurpose.FINE_TUNE,
            filename=name,
            blob=blob,
            created_at=now,
            # What was to disappear does so repaired too.
            expires_at=source.expires_at,
            origin=_origin(source, found.diagnosis),
        )
        row = once(
            session,
            project_id,
            mark,
            now=now,
            find=lambda id: find_file(session, project_id, id),
            make=lambda: insert_file(session, new),
        )
    return RepairedUpload(row, found.diagnosis)


def _look_through(services: Services, source: FileRow, method: Method) -> RepairedFile:
    with services.report_limiter.turn() as check_stop:
        pieces = pieces_of(services.blobs.stored(source.sha256), check_stop)
        return look_through(pieces, method, check_stop)


def _check(found: Diagnosis, asked: RepairFile) -> None:
    if found.good == 0:
        raise InvalidRequestError(
            worded(
                "files.no_row_file_can",
                "No row of this file can be used: {message}",
                message=found.faults[0].message if found.faults else "it is empty.",
            ),
            param="file_id",
        )
    if found.unrepaired and not asked.leave_out_rest:
        line = next(fault.line for fault in found.faults if not fault.is_repaired)
        raise InvalidRequestError(
            worded(
                "api.unrepaired",
                "{rows} rows cannot be repaired, the first in line {line}. Set "
                "'leave_out_rest' to leave them out, or correct them and upload "
                "the file again.",
                rows=found.unrepaired,
                line=line,
            ),
            param="leave_out_rest",
        )


def _origin(source: FileRow, found: Diagnosis) -> FileOrigin:
    return FileOrigin(
        deed="repair",
        file_id=source.id,
        filename=source.filename,
        counts={"rows": found.good, "left_out": found.unrepaired},
    )


def _encoded(lines: Iterable[str]) -> Iterator[bytes]:
    return (f"{line}\n".encode() for line in lines)
