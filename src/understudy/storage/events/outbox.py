"""Facts for others, written in the transaction that made them true."""

from sqlalchemy.orm import Session

from understudy.ids import new_id
from understudy.storage.events.webhooks import queue_deliveries
from understudy.storage.tables.projects import OutboxRow


def publish(
    session: Session, *, project_id: str, type: str, object_id: str, created_at: int
) -> None:
    """Record that something of public interest happened to an object, for example its end.

    The webhooks that it makes are queued in the same transaction: none is lost, and none is sent
    of what did not happen.
    """
    event_id = new_id("evt_")
    session.add(
        OutboxRow(
            id=event_id,
            project_id=project_id,
            type=type,
            object_id=object_id,
            created_at=created_at,
        )
    )
    queue_deliveries(
        session,
        project_id,
        event_id=event_id,
        type=type,
        object_id=object_id,
        created_at=created_at,
    )
