"""What a project can do with its responses: look at, list the items of, cancel and delete them."""

from understudy.answering.responses.background import BackgroundResponses
from understudy.answering.responses.stored import cancel_row, fail_orphans
from understudy.errors import InvalidRequestError
from understudy.schemas.lists import Cursor
from understudy.schemas.responses.items import ITEMS, Item
from understudy.schemas.responses.objects import ENDED
from understudy.storage.answers import responses
from understudy.storage.database import Database
from understudy.storage.leases import has_expired
from understudy.storage.paging import Page, page_of
from understudy.storage.tables.answers import ResponseRow
from understudy.wording import worded


def get_response(db: Database, project_id: str, response_id: str) -> ResponseRow:
    """Return a response as it stands; one whose maker is gone has failed. Raises NotFoundError."""
    with db.read() as session:
        row = responses.get_response(session, project_id, response_id)
        if not has_expired(row, db.now(session)):
            return row
    fail_orphans(db)
    with db.read() as session:
        return responses.get_response(session, project_id, response_id)


def list_input_items(db: Database, project_id: str, response_id: str, cursor: Cursor) -> Page[Item]:
    """Return one page of what a response answered; raises NotFoundError."""
    with db.read() as session:
        row = responses.get_response(session, project_id, response_id)
    items = ITEMS.validate_python(row.input)
    return page_of(items, lambda item: item.id, cursor)


def cancel_response(
    db: Database, background: BackgroundResponses, project_id: str, response_id: str
) -> ResponseRow:
    """Make no more of a background response; one that has ended stays as it ended.

    Raises NotFoundError, and InvalidRequestError for one that its client waits for.
    """
    with db.write() as session:
        row = responses.get_response(session, project_id, response_id)
        if not row.is_background:
            raise InvalidRequestError(
                worded(
                    "chat.cannot_cancel_synchronous_response",
                    "Cannot cancel a synchronous response: only one that was created "
                    "with 'background': true can be cancelled.",
                ),
                code="invalid_value",
                param="response_id",
            )
        if row.status not in ENDED:
            cancel_row(session, row, db.now(session))
    background.stop_soon(response_id)
    return row


def delete_response(
    db: Database, background: BackgroundResponses, project_id: str, response_id: str
) -> None:
    """Delete a response, also one that is being made; raises NotFoundError."""
    with db.write() as session:
        responses.delete_response(session, project_id, response_id)
    background.stop_soon(response_id)
