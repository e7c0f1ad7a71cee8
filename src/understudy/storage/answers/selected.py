"""Stored answers that are asked for by their ids: in which order they stand, and their rows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.storage.tables.answers import CompletionRow, ResponseRow

# SQLite and PostgreSQL take far more, but not any number of parameters.
_IDS_AT_ONCE = 500


class Place(NamedTuple):
    """Where a stored answer stands among others."""

    id: str
    created_at: int


def newest_first(
    session: Session,
    rows: type[CompletionRow] | type[ResponseRow],
    project_id: str,
    ids: Sequence[str],
) -> list[Place]:
    """Return those of some ids that a project has stored, the newest first."""
    found = [
        Place(id, created_at)
        for some in _parts(ids)
        for id, created_at in session.execute(
            select(rows.id, rows.created_at).where(rows.project_id == project_id, rows.id.in_(some))
        )
    ]
    return sorted(set(found), key=lambda place: place.created_at, reverse=True)


def rows_of(
    session: Session, rows: type[CompletionRow] | type[ResponseRow], ids: Sequence[str]
) -> Sequence[CompletionRow | ResponseRow]:
    """Return the rows of some ids that are known to be a project's own, in any order."""
    return session.scalars(select(rows).where(rows.id.in_(ids))).all()


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _IDS_AT_ONCE):
        yield ids[start : start + _IDS_AT_ONCE]
