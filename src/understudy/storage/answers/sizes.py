"""How many stored answers a project has, and how many bytes their texts take."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, Text, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from understudy.storage.tables.answers import CompletionRow, ResponseRow


@dataclass(frozen=True)
class StoredSize:
    """So many answers, with so many bytes of JSON."""

    count: int
    bytes: int


def stored_size(session: Session, project_id: str) -> StoredSize:
    """Add up the stored answers of a project; reads every one of them."""
    completions = _size(
        session,
        CompletionRow.project_id,
        project_id,
        [CompletionRow.messages, CompletionRow.settings, CompletionRow.answer],
    )
    responses = _size(
        session, ResponseRow.project_id, project_id, [ResponseRow.input, ResponseRow.body]
    )
    return StoredSize(completions.count + responses.count, completions.bytes + responses.bytes)


def _size(
    session: Session,
    owner: InstrumentedAttribute[str],
    project_id: str,
    columns: list[InstrumentedAttribute[Any]],
) -> StoredSize:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    lengths = [
        # SQLite counts the letters of a text, and the bytes of a blob.
        func.length(cast(column, LargeBinary))
        if is_sqlite
        else func.octet_length(cast(column, Text))
        for column in columns
    ]
    total = sum(lengths[1:], lengths[0])
    count, size = session.execute(
        select(func.count(), func.sum(total)).where(owner == project_id)
    ).one()
    return StoredSize(count, int(size or 0))
