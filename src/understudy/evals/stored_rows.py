"""Stored completions and responses as rows: what was asked, and what was answered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from understudy.evals.rows_file import DataRow
from understudy.graders.sample import sample_of_answer
from understudy.schemas.lists import Cursor
from understudy.storage.answers.chat import completion_metadata, list_completions
from understudy.storage.answers.filters import ResponseFilter, StoredFilter
from understudy.storage.answers.responses import list_responses
from understudy.storage.paging import Page
from understudy.storage.tables.answers import CompletionRow, ResponseRow

Row = TypeVar("Row", CompletionRow, ResponseRow)
_PAGE = 100


def completion_rows(
    session: Session, project_id: str, conditions: StoredFilter, *, limit: int, is_graded: bool
) -> Iterator[DataRow]:
    """Return rows of the latest stored completions, oldest first.

    With `is_graded` each brings its stored answer to be graded.
    """

    def page(cursor: Cursor) -> Page[CompletionRow]:
        return list_completions(session, project_id, conditions, cursor)

    for row in reversed(_latest(page, limit)):
        yield _completion(row, is_graded=is_graded)


def response_rows(
    session: Session,
    project_id: str,
    conditions: ResponseFilter,
    *,
    tools: Sequence[str],
    limit: int,
    is_graded: bool,
) -> Iterator[DataRow]:
    """Return rows of the latest stored responses that ended well, oldest first.

    Only those that were offered all `tools` count.
    """

    def page(cursor: Cursor) -> Page[ResponseRow]:
        return list_responses(session, project_id, conditions, cursor)

    def is_wanted(row: ResponseRow) -> bool:
        names = {_tool_name(tool) for tool in row.body.get("tools") or ()}
        return row.status == "completed" and names.issuperset(tools)

    for row in reversed(_latest(page, limit, is_wanted)):
        yield _response(row, is_graded=is_graded)


def _latest(
    page: Callable[[Cursor], Page[Row]],
    limit: int,
    is_wanted: Callable[[Row], bool] = lambda row: True,
) -> list[Row]:
    found: list[Row] = []
    cursor = Cursor(limit=_PAGE)
    while len(found) < limit:
        read = page(cursor)
        found += [row for row in read.items if is_wanted(row)]
        if not read.has_more:
            break
        cursor = replace(cursor, after=read.items[-1].id)
    return found[:limit]


def _completion(row: CompletionRow, *, is_graded: bool) -> DataRow:
    choice = row.answer["choices"][0]
    message = choice["message"]
    calls = message.get("tool_calls") or []
    text = message.get("content") or ""
    item = {
        "input": row.messages,
        "output": text,
        "model": row.model,
        "metadata": completion_metadata(row),
        "tools": row.settings.get("tools") or [],
    }
    sample = {
        **sample_of_answer(text, calls).given,
        "model": row.model,
        "input": row.messages,
        "finish_reason": choice.get("finish_reason") or "",
        "usage": _counts(row.answer.get("usage") or {}, "prompt", "completion"),
    }
    return DataRow(item=item, sample=sample if is_graded else None)


def _response(row: ResponseRow, *, is_graded: bool) -> DataRow:
    output = row.body.get("output") or []
    text = "".join(
        part.get("text") or ""
        for item in output
        if item.get("type") == "message"
        for part in item.get("content") or ()
    )
    calls = [
        {
            "id": item.get("call_id"),
            "type": "function",
            "function": {"name": item.get("name"), "arguments": item.get("arguments")},
        }
        for item in output
        if item.get("type") == "function_call"
    ]
    asked = row.input
    if row.instructions:
        asked = [{"role": "developer", "content": row.instructions}, *asked]
    item = {
        "input": asked,
        "output": text,
        "model": row.model,
        "metadata": row.body.get("metadata") or {},
        "tools": row.body.get("tools") or [],
    }
    sample = {
        **sample_of_answer(text, calls).given,
        "model": row.model,
        "input": asked,
        "finish_reason": "stop",
        "usage": _counts(row.body.get("usage") or {}, "input", "output"),
    }
    return DataRow(item=item, sample=sample if is_graded else None)


def _counts(usage: Mapping[str, Any], asked: str, answered: str) -> dict[str, int]:
    details = usage.get(f"{asked}_tokens_details") or {}
    return {
        "total_tokens": usage.get("total_tokens") or 0,
        "completion_tokens": usage.get(f"{answered}_tokens") or 0,
        "prompt_tokens": usage.get(f"{asked}_tokens") or 0,
        "cached_tokens": details.get("cached_tokens") or 0,
    }


def _tool_name(tool: Mapping[str, Any]) -> str:
    return tool.get("name") or tool.get("type") or ""
