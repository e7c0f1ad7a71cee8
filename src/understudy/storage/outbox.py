"""Facts for others, written in the transaction that made them true."""

from sqlalchemy.orm import Session

from understudy.ids import new_id
from understudy.storage.tables.projects import OutboxRow


def publish(
    session: Session, *, project_id: str, type: str, object_id: str, created_at: int
) -> None:
    """Record that something of public interest happened to an object, for example its end."""
    session.add(
        OutboxRow(
            id=new_id("evt_"),
            project_id=project_id,
            type=type,
            object_id=object_id,
            created_at=created_at,
        )
    )
