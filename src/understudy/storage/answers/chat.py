"""Stored chat completions: kept when a request asks for it, for lists, evals and distillation."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.schemas.lists import Cursor
from understudy.storage.answers.filters import StoredFilter, filtered_completions
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.answers import CompletionMetadataRow, CompletionRow
from understudy.wording import worded


def find_completion(session: Session, project_id: str, completion_id: str) -> CompletionRow | None:
    """Return a project's stored completion, or None when it has none of that id."""
    query = select(CompletionRow).where(
        CompletionRow.project_id == project_id, CompletionRow.id == completion_id
    )
    return session.scalar(query)


def get_completion(session: Session, project_id: str, completion_id: str) -> CompletionRow:
    """Return a project's stored completion; raises NotFoundError, also for another project's id."""
    row = find_completion(session, project_id, completion_id)
    if row is None:
        raise NotFoundError(
            worded(
                "api.chat_completion_id_not",
                "Chat completion with id '{completion_id}' not found. Completions "
                "are stored only when the request says 'store': true, and until they "
                "expire.",
                completion_id=completion_id[:200],
            ),
            param="completion_id",
        )
    return row


def list_completions(
    session: Session,
    project_id: str,
    conditions: StoredFilter,
    cursor: Cursor,
) -> Page[CompletionRow]:
    """Return one page of a project's stored completions for which the conditions hold."""
    query = select(CompletionRow).where(CompletionRow.project_id == project_id)
    return read_page(session, filtered_completions(query, conditions), CompletionRow.seq, cursor)


def replace_completion_metadata(
    session: Session, project_id: str, completion_id: str, metadata: Mapping[str, str]
) -> CompletionRow:
    """Give a stored completion other metadata; raises NotFoundError."""
    row = get_completion(session, project_id, completion_id)
    row.pairs.clear()
    # The old pairs go first: one of the new ones may have the same key.
    session.flush()
    row.pairs.extend(metadata_rows(metadata))
    session.flush()
    return row


def delete_completion(session: Session, project_id: str, completion_id: str) -> None:
    """Delete a project's stored completion; raises NotFoundError."""
    session.delete(get_completion(session, project_id, completion_id))


def completion_metadata(row: CompletionRow) -> dict[str, str]:
    """Return the metadata of a stored completion."""
    return {pair.key: pair.value for pair in row.pairs}


def metadata_rows(metadata: Mapping[str, str]) -> list[CompletionMetadataRow]:
    """Return the metadata of a completion as its row keeps them."""
    return [CompletionMetadataRow(key=key, value=value) for key, value in metadata.items()]


def known_completions(session: Session, project_id: str, ids: Sequence[str]) -> set[str]:
    """Return which of some ids are those of a project's stored completions."""
    query = select(CompletionRow.id).where(
        CompletionRow.project_id == project_id, CompletionRow.id.in_(ids)
    )
    return set(session.scalars(query))
