"""Which stored answers are meant: the conditions that lists, evals and distillation share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Select, or_

from understudy.storage.answers.texts import holds_text
from understudy.storage.metadata import carrying
from understudy.storage.tables.answers import (
    CompletionMetadataRow,
    CompletionRow,
    ResponseMetadataRow,
    ResponseRow,
)

Stored = TypeVar("Stored", CompletionRow, ResponseRow)


@dataclass(frozen=True, kw_only=True)
class StoredFilter:
    """Conditions on stored answers, all of which must hold; one that is absent always does."""

    model: str | None = None
    """The full name, as answers carry it."""
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    """Pairs that an answer must carry, beside any others."""
    created_after: int | None = None
    created_before: int | None = None
    text: str = ""
    """What the conversation or the answer holds, in letters of either case; empty for any."""


@dataclass(frozen=True, kw_only=True)
class ResponseFilter(StoredFilter):
    """Conditions that only responses can be asked for."""

    instructions_contain: str | None = None
    users: tuple[str, ...] = ()
    """Any of these; none stands for all."""
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None


def filtered_completions(
    query: Select[CompletionRow], conditions: StoredFilter
) -> Select[CompletionRow]:
    """Select the stored completions for which the conditions hold."""
    query = _filtered(query, CompletionRow, conditions)
    if conditions.text:
        query = query.where(
            or_(
                holds_text(CompletionRow.messages, "$", conditions.text),
                holds_text(CompletionRow.answer, "$.choices", conditions.text),
            )
        )
    is_of_row = CompletionMetadataRow.completion_id == CompletionRow.id
    return carrying(query, conditions.metadata, CompletionMetadataRow, is_of_row)


def filtered_responses(
    query: Select[ResponseRow], conditions: ResponseFilter
) -> Select[ResponseRow]:
    """Select the responses for which the conditions hold."""
    query = _filtered(query, ResponseRow, conditions)
    if conditions.text:
        query = query.where(
            or_(
                ResponseRow.instructions.icontains(conditions.text, autoescape=True),
                holds_text(ResponseRow.input, "$", conditions.text),
                holds_text(ResponseRow.body, "$.output", conditions.text),
            )
        )
    is_of_row = ResponseMetadataRow.response_id == ResponseRow.id
    query = carrying(query, conditions.metadata, ResponseMetadataRow, is_of_row)
    if conditions.instructions_contain is not None:
        query = query.where(
            ResponseRow.instructions.contains(conditions.instructions_contain, autoescape=True)
        )
    if conditions.users:
        query = query.where(ResponseRow.user.in_(conditions.users))
    if conditions.temperature is not None:
        query = query.where(ResponseRow.temperature == conditions.temperature)
    if conditions.top_p is not None:
        query = query.where(ResponseRow.top_p == conditions.top_p)
    if conditions.reasoning_effort is not None:
        query = query.where(ResponseRow.reasoning_effort == conditions.reasoning_effort)
    return query


def _filtered(query: Select[Stored], row: type[Stored], conditions: StoredFilter) -> Select[Stored]:
    if conditions.model is not None:
        query = query.where(row.model == conditions.model)
    if conditions.created_after is not None:
        query = query.where(row.created_at > conditions.created_after)
    if conditions.created_before is not None:
        query = query.where(row.created_at < conditions.created_before)
    return query
