"""How much each project used, counted once for every source."""

from sqlalchemy.orm import Session

from understudy.storage.tables.jobs import UsageRow


def record_usage(
    session: Session,
    *,
    source_id: str,
    kind: str,
    project_id: str,
    quantity: int,
    created_at: int,
) -> None:
    """Record what a job or a request used; a source that is recorded already stays as it is."""
    if session.get(UsageRow, (source_id, kind)) is not None:
        return
    session.add(
        UsageRow(
            source_id=source_id,
            kind=kind,
            project_id=project_id,
            quantity=quantity,
            created_at=created_at,
        )
    )
