"""A stored answer as a distillation sees it: what was asked, what was answered, and by whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from understudy.answering.responses.stored_items import chat_messages, chat_tools
from understudy.errors import NotFoundError
from understudy.schemas.evals.runs import StoredCompletions, StoredResponses
from understudy.schemas.lists import Cursor
from understudy.storage.answers.chat import completion_metadata, list_completions
from understudy.storage.answers.filters import ResponseFilter, StoredFilter
from understudy.storage.answers.responses import list_responses
from understudy.storage.answers.selected import newest_first, rows_of
from understudy.storage.database import Database
from understudy.storage.tables.answers import CompletionRow, ResponseRow
from understudy.wording import worded

_PAGE = 100
# One that is still being made, or broke, is no answer yet; one that was cut off is, but a bad
# one, and is counted as that.
_ENDED = ("completed", "incomplete")
_KEPT_KEYS = ("role", "content", "refusal", "name", "tool_calls", "tool_call_id", "function_call")


@dataclass(frozen=True, kw_only=True)
class Captured:
    """One stored answer with its question, both as chat messages."""

    id: str
    model: str
    created_at: int
    metadata: Mapping[str, str]
    prompt: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]]
    is_parallel: bool | None
    """As the request said; None where it said nothing."""
    response_format: Mapping[str, Any] | None
    text: str
    calls: Sequence[Mapping[str, Any]]
    """Tool calls as chat completions write them."""
    refusal: str | None
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    remote_model: str | None = None
    """The name under which another server gave it, such as that of a snapshot."""

    @property
    def answer(self) -> dict[str, Any]:
        """The answer as a message of a training file."""
        message: dict[str, Any] = {"role": "assistant"}
        if self.text or not self.calls:
            message["content"] = self.text
        if self.calls:
            message["tool_calls"] = list(self.calls)
        return message

    @property
    def line(self) -> dict[str, Any]:
        """The line of a training file in which the answer alone is learned.

        Earlier turns have weight 0: each was an answer of its own, stored for itself.
        """
        earlier = [
            {**message, "weight": 0} if message.get("role") == "assistant" else dict(message)
            for message in self.prompt
        ]
        line: dict[str, Any] = {"messages": [*earlier, self.answer]}
        if self.tools:
            line["tools"] = list(self.tools)
            if self.is_parallel is not None:
                line["parallel_tool_calls"] = self.is_parallel
        return line


def read_captured(
    db: Database,
    project_id: str,
    source: StoredCompletions | StoredResponses,
    *,
    teacher: str | None,
    limit: int,
) -> Iterator[Captured]:
    """Yield the newest stored answers that fit, at most `limit`, the newest first.

    One page is in memory at a time, and each is read in a transaction of its own.
    """
    read = _completions if isinstance(source, StoredCompletions) else _responses
    cursor = Cursor(limit=_PAGE)
    left = limit
    while left > 0:
        with db.read() as session:
            found, last, has_more = read(session, project_id, source, teacher, cursor)
        yield from found[:left]
        left -= len(found)
        if not has_more:
            return
        cursor = replace(cursor, after=last)


def read_selected(
    db: Database, project_id: str, ids: Sequence[str], *, teacher: str | None
) -> Iterator[Captured]:
    """Return stored answers that were chosen by their ids, the newest first, each once.

    Raises NotFoundError for one that is not stored, before anything is yielded.
    """
    with db.read() as session:
        places = {
            rows: newest_first(session, rows, project_id, ids)
            for rows in (CompletionRow, ResponseRow)
        }
    known = {place.id for found in places.values() for place in found}
    for id in ids:
        if id not in known:
            raise NotFoundError(
                worded(
                    "distill.no_stored_answer_id",
                    "No stored answer has the id '{id}'.",
                    id=id[:100],
                ),
                code="no_rows",
                param="source.ids",
            )
    merged = sorted(
        ((place, rows) for rows, found in places.items() for place in found),
        key=lambda each: each[0].created_at,
        reverse=True,
    )
    return _selected(db, [(place.id, rows) for place, rows in merged], teacher)


_Rows = type[CompletionRow] | type[ResponseRow]


def _selected(
    db: Database, chosen: Sequence[tuple[str, _Rows]], teacher: str | None
) -> Iterator[Captured]:
    for start in range(0, len(chosen), _PAGE):
        page = chosen[start : start + _PAGE]
        with db.read() as session:
            found = {
                row.id: row
                for rows in (CompletionRow, ResponseRow)
                for row in rows_of(session, rows, [id for id, kind in page if kind is rows])
            }
        # One that was deleted meanwhile is no answer any more.
        for row in (found[id] for id, _ in page if id in found):
            if teacher not in (None, row.model):
                continue
            if isinstance(row, CompletionRow):
                yield _of_completion(row)
            elif row.status in _ENDED:
                yield _of_response(row)


def read_answers_of(
    db: Database, project_id: str, metadata: Mapping[str, str], *, limit: int
) -> Iterator[Captured]:
    """Yield the completions that carry all pairs of `metadata`, the newest first."""
    source = StoredCompletions(type="stored_completions", metadata=dict(metadata))
    return read_captured(db, project_id, source, teacher=None, limit=limit)


_Read = tuple[list[Captured], str | None, bool]


def _completions(
    session: Session, project_id: str, source: Any, teacher: str | None, cursor: Cursor
) -> _Read:
    conditions = StoredFilter(
        model=teacher or source.model,
        metadata=source.metadata or {},
        created_after=source.created_after,
        created_before=source.created_before,
    )
    page = list_completions(session, project_id, conditions, cursor)
    last = page.items[-1].id if page.items else None
    return [_of_completion(row) for row in page.items], last, page.has_more


def _responses(
    session: Session, project_id: str, source: Any, teacher: str | None, cursor: Cursor
) -> _Read:
    conditions = ResponseFilter(
        model=teacher or source.model,
        metadata=source.metadata or {},
        created_after=source.created_after,
        created_before=source.created_before,
        instructions_contain=source.instructions_search,
        users=tuple(source.users or ()),
        temperature=source.temperature,
        top_p=source.top_p,
        reasoning_effort=source.reasoning_effort,
    )
    page = list_responses(session, project_id, conditions, cursor)
    last = page.items[-1].id if page.items else None
    wanted = set(source.tools or ())
    ended = [row for row in page.items if row.status in _ENDED]
    rows = [row for row in ended if wanted <= _tool_names(row)]
    return [_of_response(row) for row in rows], last, page.has_more


def _of_completion(row: CompletionRow) -> Captured:
    choice = row.answer["choices"][0]
    message = choice["message"]
    usage = row.answer.get("usage") or {}
    return Captured(
        id=row.id,
        model=row.model,
        created_at=row.created_at,
        metadata=completion_metadata(row),
        prompt=[_plain(each) for each in row.messages],
        tools=row.settings.get("tools") or [],
        is_parallel=row.settings.get("parallel_tool_calls"),
        response_format=row.settings.get("response_format"),
        text=message.get("content") or "",
        calls=message.get("tool_calls") or [],
        refusal=message.get("refusal"),
        finish_reason=choice.get("finish_reason") or "",
        prompt_tokens=usage.get("prompt_tokens") or 0,
        completion_tokens=usage.get("completion_tokens") or 0,
        remote_model=row.remote_model,
    )


def _of_response(row: ResponseRow) -> Captured:
    body = row.body
    output = body.get("output") or []
    parts = [part for item in output if item.get("type") == "message" for part in item["content"]]
    asked = list(row.input)
    if row.instructions:
        asked = [{"role": "developer", "content": row.instructions}, *asked]
    answered = chat_messages([item for item in output if item.get("type") == "function_call"])
    usage = body.get("usage") or {}
    is_filtered = (body.get("incomplete_details") or {}).get("reason") == "content_filter"
    unfinished = "content_filter" if is_filtered else "length"
    return Captured(
        id=row.id,
        model=row.model,
        created_at=row.created_at,
        metadata=body.get("metadata") or {},
        prompt=[_plain(each) for each in chat_messages(asked)],
        tools=chat_tools(body.get("tools") or []),
        is_parallel=body.get("parallel_tool_calls"),
        response_format=_format_of(body.get("text") or {}),
        text="".join(part.get("text") or "" for part in parts if part["type"] == "output_text"),
        calls=[call for message in answered for call in message.get("tool_calls") or ()],
        refusal=next((part["refusal"] for part in parts if part["type"] == "refusal"), None),
        finish_reason="stop" if row.status == "completed" else unfinished,
        prompt_tokens=usage.get("input_tokens") or 0,
        completion_tokens=usage.get("output_tokens") or 0,
        remote_model=row.remote_model,
    )


def _format_of(text: Mapping[str, Any]) -> Mapping[str, Any] | None:
    form = text.get("format") or {}
    match form.get("type"):
        case "json_schema":
            schema = {key: value for key, value in form.items() if key != "type"}
            return {"type": "json_schema", "json_schema": schema}
        case "json_object":
            return {"type": "json_object"}
        case _:
            return None


def _plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a training file says of a message: nothing that only an API's answer carries."""
    return {key: message[key] for key in _KEPT_KEYS if message.get(key) is not None}


def _tool_names(row: ResponseRow) -> set[str]:
    tools: Sequence[Mapping[str, Any]] = row.body.get("tools") or ()
    return {tool.get("name") or tool.get("type") or "" for tool in tools}
