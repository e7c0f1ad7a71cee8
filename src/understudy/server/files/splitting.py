"""Divides a stored training file into two stored files, within the bounds of the report limiter."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from understudy.data.examples import ChatExample
from understudy.data.files.formats import Method
from understudy.data.files.validate import MIN_TRAINING_EXAMPLES
from understudy.data.splitting.split import Split, SplitOptions, split
from understudy.data.splitting.split_file import PARTS, chosen_lines, part_name, read_to_divide
from understudy.errors import InvalidRequestError
from understudy.schemas.files.files import UploadPurpose
from understudy.schemas.files.splits import SplitFile
from understudy.server.files.report_limiter import CheckStop, pieces_of
from understudy.server.files.service import get_file
from understudy.server.http.filenames import shortened_name
from understudy.server.services import Services
from understudy.storage.blobs import Blob
from understudy.storage.files.files import NewFile, find_file, insert_file
from understudy.storage.files.origins import FileOrigin
from understudy.storage.idempotency import Repeatable, recall, remember
from understudy.storage.tables.projects import FileRow
from understudy.wording import worded

_COMMAND = "understudy split"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One side of a divided file, stored, but without a row that shows it to anybody."""

    filename: str
    blob: Blob
    origin: FileOrigin


class DividedFile(NamedTuple):
    """The rows of the two new files, and what each of them got."""

    training: FileRow
    validation: FileRow
    made: Split


def plan_split(services: Services, project_id: str, file_id: str, asked: SplitFile) -> Split:
    """Say how a file would be divided; blocks. Raises InvalidRequestError where it cannot be."""
    source = _source(services, project_id, file_id)
    with services.report_limiter.turn(_COMMAND) as check_stop:
        return _split(services.blobs.stored(source.sha256), source, asked, check_stop)


def divide_file(
    services: Services, project_id: str, file_id: str, asked: SplitFile, mark: Repeatable
) -> DividedFile:
    """Divide a file, or return the two that the same request made before; blocks.

    Raises what `plan_split` raises.
    """
    source = _source(services, project_id, file_id)
    path = services.blobs.stored(source.sha256)
    with services.report_limiter.turn(_COMMAND) as check_stop:
        made = _split(path, source, asked, check_stop)
        sides = zip(PARTS, (made.training, made.validation), strict=True)
        parts = [_store(services, source, name, lines, check_stop) for name, lines in sides]
    with services.database.write() as session:
        now = int(services.database.now(session))
        made_before = recall(session, project_id, mark, now=now)
        known = [find_file(session, project_id, id) for id in (made_before or "").split()]
        match known:
            case [FileRow() as training, FileRow() as validation]:
                return DividedFile(training, validation, made)
            case _:
                rows = [insert_file(session, _new_file(source, part, now)) for part in parts]
        remember(session, project_id, mark, " ".join(row.id for row in rows), now=now)
        return DividedFile(rows[0], rows[1], made)


def _source(services: Services, project_id: str, file_id: str) -> FileRow:
    row = get_file(services.database, project_id, file_id)
    if row.purpose != UploadPurpose.FINE_TUNE:
        raise InvalidRequestError(
            worded(
                "files.purpose_only_files_purpose",
                "{id} has the purpose '{purpose}'; only files with the purpose "
                "'{fine_tune}' are divided.",
                id=row.id,
                purpose=row.purpose,
                fine_tune=UploadPurpose.FINE_TUNE,
            ),
            param="file_id",
        )
    return row


def _split(path: Path, source: FileRow, asked: SplitFile, check_stop: CheckStop) -> Split:
    examples = read_to_divide(
        pieces_of(path, check_stop, _COMMAND),
        Method(asked.method),
        name=source.id,
        shown_by=f"GET /v1/x/files/{source.id}/report",
    )
    options = SplitOptions(
        validation=_share(asked, examples),
        by_duplicate_group=asked.by_duplicate_group,
        stratify=asked.stratify,
        seed=asked.seed,
    )
    made = split(examples, options, check_stop)
    if len(made.training) < MIN_TRAINING_EXAMPLES:
        raise InvalidRequestError(
            worded(
                "files.examples_would_left_train",
                "{training} of {examples} examples would be left to train on, but a "
                "job needs at least {min_training_examples}. Hold out fewer, or add "
                "examples.",
                training=len(made.training),
                examples=len(examples),
                min_training_examples=MIN_TRAINING_EXAMPLES,
            ),
            param="count" if asked.fraction is None else "fraction",
        )
    return made


def _share(asked: SplitFile, examples: Sequence[ChatExample]) -> float:
    match asked.fraction, asked.count:
        case float(fraction), None:
            return fraction
        case None, int(count):
            if count < len(examples):
                return count / len(examples)
            raise InvalidRequestError(
                worded(
                    "files.count_but_file_only",
                    "'count' is {count}, but the file has only {examples} examples.",
                    count=count,
                    examples=len(examples),
                ),
                param="count",
            )
        case _:
            raise InvalidRequestError(
                worded(
                    "files.give_either_fraction_share",
                    "Give either 'fraction', the share of the examples to hold out, "
                    "or 'count', how many, and not both.",
                ),
                param="fraction",
            )


def _store(
    services: Services, source: FileRow, part: str, lines: Sequence[int], check_stop: CheckStop
) -> Part:
    pieces = pieces_of(services.blobs.stored(source.sha256), check_stop, _COMMAND)
    blob = services.blobs.write(chosen_lines(pieces, set(lines)))
    origin = FileOrigin(
        deed="split_training" if part == PARTS[0] else "split_validation",
        file_id=source.id,
        filename=source.filename,
        counts={"examples": len(lines)},
    )
    name = shortened_name(part_name(source.filename, part))
    return Part(filename=name, blob=blob, origin=origin)


def _new_file(source: FileRow, part: Part, now: int) -> NewFile:
    return NewFile(
        project_id=source.project_id,
        purpose=source.purpose,
        filename=part.filename,
        blob=part.blob,
        created_at=now,
        # What was to disappear does so in all its parts.
        expires_at=source.expires_at,
        origin=part.origin,
    )
