"""Where the items of stored responses stand, so that a request can refer to one by its id."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from understudy.storage.tables.answers import ResponseItemRow, ResponseRow


def index_items(session: Session, response_id: str, item_ids: Iterable[str]) -> None:
    """Record that items stand in a response; clients may send the same id twice."""
    session.add_all(
        ResponseItemRow(response_id=response_id, item_id=id) for id in dict.fromkeys(item_ids)
    )


def find_items(session: Session, project_id: str, item_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the project's items of these ids, each once and as it last stood; some may lack."""
    # A client that sends a conversation again and again has the same items in many responses.
    newest = (
        select(ResponseItemRow.item_id, func.max(ResponseRow.seq).label("seq"))
        .join(ResponseRow, ResponseRow.id == ResponseItemRow.response_id)
        .where(ResponseRow.project_id == project_id, ResponseItemRow.item_id.in_(item_ids))
        .group_by(ResponseItemRow.item_id)
    )
    places = {row.item_id: row.seq for row in session.execute(newest)}
    query = select(ResponseRow).where(ResponseRow.seq.in_(places.values()))
    items = {
        (row.seq, item["id"]): item
        for row in session.scalars(query)
        for item in (*row.input, *row.body["output"])
    }
    return [items[places[id], id] for id in dict.fromkeys(item_ids) if id in places]
