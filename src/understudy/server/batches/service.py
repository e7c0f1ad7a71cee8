"""What a project can do with its batches: create, look at, list and cancel them."""

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.ids import hex_id
from understudy.schemas.batches import BatchStatus, CreateBatch
from understudy.schemas.files.files import UploadPurpose
from understudy.schemas.lists import Cursor
from understudy.storage.batches import find_batch, get_batch, list_batches
from understudy.storage.database import Database
from understudy.storage.files.files import find_file
from understudy.storage.idempotency import Repeatable, once
from understudy.storage.paging import Page
from understudy.storage.tables.batches import BatchRow
from understudy.storage.tables.projects import FileRow
from understudy.wording import worded
from understudy.work.lease import free

_WINDOW_SECONDS = 24 * 3600
_OUTPUT_SECONDS = 30 * 24 * 3600
_CANCELLABLE = (BatchStatus.VALIDATING, BatchStatus.IN_PROGRESS)


def create(db: Database, project_id: str, new: CreateBatch, *, mark: Repeatable) -> BatchRow:
    """Begin a batch, or return the one that the same request began before.

    Raises InvalidRequestError for a file that is no input of a batch; what is in it is looked at
    later.
    """
    with db.write() as session:
        now = int(db.now(session))

        def make() -> BatchRow:
            file = _input_file(session, project_id, new.input_file_id)
            expiry = new.output_expires_after
            row = BatchRow(
                id=hex_id("batch_"),
                project_id=project_id,
                status=BatchStatus.VALIDATING,
                endpoint=new.endpoint,
                input_file=file.id,
                input_blob=file.sha256,
                pairs=new.metadata,
                output_seconds=_OUTPUT_SECONDS if expiry is None else expiry.seconds,
                created_at=now,
                expires_at=now + _WINDOW_SECONDS,
            )
            session.add(row)
            session.flush()
            return row

        return once(
            session,
            project_id,
            mark,
            now=now,
            find=lambda id: find_batch(session, project_id, id),
            make=make,
        )


def get(db: Database, project_id: str, batch_id: str) -> BatchRow:
    """Return a project's batch; raises NotFoundError."""
    with db.read() as session:
        return get_batch(session, project_id, batch_id)


def list_(db: Database, project_id: str, cursor: Cursor) -> Page[BatchRow]:
    """Return one page of a project's batches."""
    with db.read() as session:
        return list_batches(session, project_id, cursor)


def cancel(db: Database, project_id: str, batch_id: str) -> BatchRow:
    """Ask no more lines of a batch; what is answered stays, and is written to its files.

    One that is cancelled already is returned as it is. Raises InvalidRequestError for one that has
    ended otherwise or is about to.
    """
    with db.write() as session:
        row = get_batch(session, project_id, batch_id)
        if row.status in (BatchStatus.CANCELLING, BatchStatus.CANCELLED):
            return row
        if row.status not in _CANCELLABLE:
            raise InvalidRequestError(
                worded(
                    "batches.cannot_cancel_batch_status",
                    "Cannot cancel a batch with status '{status}'.",
                    status=row.status,
                ),
                param="batch_id",
            )
        row.status, row.cancelling_at = BatchStatus.CANCELLING, int(db.now(session))
        # Whoever works on it learns so at the next heartbeat, and the files are written afresh.
        free(row)
        return row


def _input_file(session: Session, project_id: str, file_id: str) -> FileRow:
    file = find_file(session, project_id, file_id)
    if file is None:
        raise InvalidRequestError(
            worded(
                "batches.no_such_file_object",
                "No such File object: {file_id}. Upload the input with the purpose 'batch' first.",
                file_id=file_id[:100],
            ),
            param="input_file_id",
        )
    if file.purpose != UploadPurpose.BATCH:
        raise InvalidRequestError(
            worded(
                "batches.file_purpose_but_input",
                "The file {id} has the purpose '{purpose}', but the input of a batch "
                "must have the purpose 'batch'.",
                id=file.id,
                purpose=file.purpose,
            ),
            param="input_file_id",
        )
    return file
