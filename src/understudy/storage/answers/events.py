"""The events of background responses, kept so that a stream of them can be taken up again."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from understudy.storage.tables.answers import ResponseEventRow


class WrittenEvent(NamedTuple):
    """An event as it is sent."""

    sequence_number: int
    type: str
    data: str
    """The event's JSON."""


def append_events(session: Session, response_id: str, events: Sequence[WrittenEvent]) -> None:
    """Keep more events of a response."""
    session.add_all(
        ResponseEventRow(response_id=response_id, **event._asdict()) for event in events
    )
    session.flush()


def events_after(session: Session, response_id: str, number: int) -> list[WrittenEvent]:
    """Return the kept events of a response that follow the event of a number, in order."""
    query = (
        select(ResponseEventRow)
        .where(
            ResponseEventRow.response_id == response_id, ResponseEventRow.sequence_number > number
        )
        .order_by(ResponseEventRow.sequence_number)
    )
    return [WrittenEvent(row.sequence_number, row.type, row.data) for row in session.scalars(query)]


def next_sequence_number(session: Session, response_id: str) -> int:
    """Return the number of the event that follows all kept ones."""
    of_response = ResponseEventRow.response_id == response_id
    last = session.scalar(select(func.max(ResponseEventRow.sequence_number)).where(of_response))
    return 0 if last is None else last + 1
