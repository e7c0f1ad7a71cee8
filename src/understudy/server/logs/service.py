"""What a project can do with its stored answers: list, look at, label and delete them."""

from collections.abc import Mapping

from understudy.distilling.logs import importing
from understudy.distilling.logs.importing import ImportOptions
from understudy.schemas.chat.stored import StoredMessage
from understudy.schemas.lists import Cursor
from understudy.schemas.logs import ImportLog, LogImport
from understudy.server.logs.objects import message_objects
from understudy.storage.answers import chat, responses
from understudy.storage.answers.filters import ResponseFilter, StoredFilter
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.files.files import get_file
from understudy.storage.paging import Page, page_of
from understudy.storage.tables.answers import CompletionRow, ResponseRow

_PIECE_BYTES = 256 * 1024


def list_completions(
    db: Database, project_id: str, conditions: StoredFilter, cursor: Cursor
) -> Page[CompletionRow]:
    """Return one page of a project's stored chat completions."""
    with db.read() as session:
        return chat.list_completions(session, project_id, conditions, cursor)


def list_responses(
    db: Database, project_id: str, conditions: ResponseFilter, cursor: Cursor
) -> Page[ResponseRow]:
    """Return one page of a project's stored responses."""
    with db.read() as session:
        return responses.list_responses(session, project_id, conditions, cursor)


def get_completion(db: Database, project_id: str, completion_id: str) -> CompletionRow:
    """Return a project's stored completion; raises NotFoundError."""
    with db.read() as session:
        return chat.get_completion(session, project_id, completion_id)


def list_messages(
    db: Database, project_id: str, completion_id: str, cursor: Cursor
) -> Page[StoredMessage]:
    """Return one page of the messages that a completion answered; raises NotFoundError."""
    messages = message_objects(get_completion(db, project_id, completion_id))
    return page_of(messages, lambda message: message.id, cursor)


def replace_metadata(
    db: Database, project_id: str, completion_id: str, metadata: Mapping[str, str]
) -> CompletionRow:
    """Give a stored completion other metadata; raises NotFoundError."""
    with db.write() as session:
        return chat.replace_completion_metadata(session, project_id, completion_id, metadata)


def delete_completion(db: Database, project_id: str, completion_id: str) -> None:
    """Delete a stored completion; raises NotFoundError."""
    with db.write() as session:
        chat.delete_completion(session, project_id, completion_id)


def import_log(
    db: Database, blobs: BlobStore, project_id: str, body: ImportLog, *, days: int
) -> LogImport:
    """Store the calls of an uploaded log; blocks. Raises NotFoundError and what reading it does."""
    with db.read() as session:
        file = get_file(session, project_id, body.file_id)
    options = ImportOptions(
        project_id=project_id, days=days, metadata=body.metadata or {}, is_partial=body.partial
    )
    with blobs.stored(file.sha256).open("rb") as log:
        return importing.import_log(db, iter(lambda: log.read(_PIECE_BYTES), b""), options)
