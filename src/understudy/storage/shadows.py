"""Shadows of aliases: which two models, what their comparisons found, and who was called when."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from understudy.schemas.lists import Cursor
from understudy.storage.paging import Page, read_page
from understudy.storage.tables.model_aliases import ComparisonRow, ModelAliasRow, ShadowRow

MAX_COMPARISONS = 10_000
"""So many of a shadow's comparisons are kept, the newest."""


class Shadowed(NamedTuple):
    """An alias, and the two models of its shadow."""

    alias: ModelAliasRow
    shadow: ShadowRow


class Called(NamedTuple):
    """A name that was asked for, whose alias may have none."""

    alias: ModelAliasRow
    shadow: ShadowRow | None


def find_called(session: Session, project_id: str, name: str) -> Called | None:
    """Return a project's alias of that name, with its shadow if it has one."""
    query = (
        select(ModelAliasRow, ShadowRow)
        .outerjoin(ShadowRow, ShadowRow.alias_seq == ModelAliasRow.seq)
        .where(ModelAliasRow.project_id == project_id, ModelAliasRow.name == name)
    )
    found = session.execute(query).first()
    return None if found is None else Called(found[0], found[1])


def list_called(session: Session, project_id: str) -> list[Called]:
    """Return a project's aliases with their shadows, oldest first."""
    query = (
        select(ModelAliasRow, ShadowRow)
        .outerjoin(ShadowRow, ShadowRow.alias_seq == ModelAliasRow.seq)
        .where(ModelAliasRow.project_id == project_id)
        .order_by(ModelAliasRow.seq)
    )
    return [Called(alias, shadow) for alias, shadow in session.execute(query)]


def shadow_of(session: Session, alias_seq: int) -> ShadowRow | None:
    """Return the shadow of an alias."""
    return session.get(ShadowRow, alias_seq)


def add_calls(session: Session, alias_seq: int, calls: int, at: int | None, skipped: int) -> None:
    """Count calls of an alias, the last one `at`; one that is gone by now counts nothing."""
    if at is not None:
        session.execute(
            update(ModelAliasRow)
            .where(ModelAliasRow.seq == alias_seq)
            .values(calls=ModelAliasRow.calls + calls, last_called_at=at)
        )
    if skipped:
        session.execute(
            update(ShadowRow)
            .where(ShadowRow.alias_seq == alias_seq)
            .values(skipped=ShadowRow.skipped + skipped)
        )


def delete_surplus(session: Session, alias_seq: int) -> None:
    """Delete the oldest comparisons where there are more than are kept."""
    oldest_kept = (
        select(ComparisonRow.seq)
        .where(ComparisonRow.alias_seq == alias_seq)
        .order_by(ComparisonRow.seq.desc())
        .offset(MAX_COMPARISONS - 1)
        .limit(1)
    )
    first = session.scalar(oldest_kept)
    if first is not None:
        session.execute(
            delete(ComparisonRow).where(
                ComparisonRow.alias_seq == alias_seq, ComparisonRow.seq < first
            )
        )


def newest_comparisons(session: Session, alias_seq: int) -> Sequence[ComparisonRow]:
    """Return a shadow's comparisons, the newest first."""
    query = select(ComparisonRow).where(ComparisonRow.alias_seq == alias_seq)
    ordered = query.order_by(ComparisonRow.seq.desc()).limit(MAX_COMPARISONS)
    return session.scalars(ordered).all()


def list_comparisons(
    session: Session, alias_seq: int, cursor: Cursor, *, is_same: bool | None
) -> Page[ComparisonRow]:
    """Return one page of a shadow's comparisons."""
    query = select(ComparisonRow).where(ComparisonRow.alias_seq == alias_seq)
    if is_same is not None:
        query = query.where(ComparisonRow.is_same == is_same)
    return read_page(session, query, ComparisonRow.seq, cursor)


def shadow_that_names(session: Session, project_id: str, model: str) -> str | None:
    """Return the name of an alias whose shadow one model belongs to, or None."""
    query = (
        select(ModelAliasRow.name)
        .join(ShadowRow, ShadowRow.alias_seq == ModelAliasRow.seq)
        .where(
            ModelAliasRow.project_id == project_id,
            (ShadowRow.old == model) | (ShadowRow.new == model),
        )
    )
    return session.scalar(query.limit(1))
