"""Stores the calls of a log as completions, each once however often the log is imported."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Any

from pydantic import ValidationError

from understudy.distilling.logs.call import LoggedCall, UnusableLogError
from understudy.distilling.logs.reading import read_log
from understudy.errors import InvalidRequestError
from understudy.ids import unix_now
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.schemas.logs import LogImport, LogImportProblem
from understudy.storage.answers.chat import known_completions, metadata_rows
from understudy.storage.database import Database
from understudy.storage.tables.answers import CompletionRow
from understudy.wording import worded

_SECONDS_A_DAY = 24 * 3600
_AT_ONCE = 200
_MAX_PROBLEMS = 100
_MAX_PAIRS = 16
_ID_LETTERS = 29


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """Whose the calls become, and how long they stay."""

    project_id: str
    days: int
    metadata: Mapping[str, str]
    """Added to what the log says of each call."""
    is_partial: bool
    """Store what can be taken although some lines cannot."""


def import_log(db: Database, pieces: Iterable[bytes], options: ImportOptions) -> LogImport:
    """Store the calls of a log; blocks. Returns what became of its lines.

    Raises InvalidRequestError, and stores nothing, when a line cannot be taken and the import is
    not partial.
    """
    rows: dict[str, CompletionRow] = {}
    problems: list[LogImportProblem] = []
    calls = refused = 0
    for line, found in read_log(pieces):
        try:
            if isinstance(found, str):
                raise UnusableLogError(found)
            row = _row(found, options)
        except UnusableLogError as error:
            refused += 1
            if len(problems) < _MAX_PROBLEMS:
                problems.append(LogImportProblem(line=line, message=f"Line {line} {error}."))
        else:
            calls += 1
            rows.setdefault(row.id, row)
    if refused and not options.is_partial:
        raise InvalidRequestError(
            worded(
                "distill.line_s_cannot_taken",
                "{message} {refused} line(s) cannot be taken, so nothing was "
                "imported. Mend them, or ask for the others alone with 'partial'.",
                message=problems[0].message,
                refused=refused,
            ),
            code="invalid_log",
            param="file_id",
        )
    imported = _insert(db, options.project_id, list(rows.values()))
    return LogImport(imported=imported, known=calls - imported, refused=refused, problems=problems)


def _insert(db: Database, project_id: str, rows: list[CompletionRow]) -> int:
    imported = 0
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        with db.write() as session:
            known = known_completions(session, project_id, [row.id for row in some])
            fresh = [row for row in some if row.id not in known]
            session.add_all(fresh)
            imported += len(fresh)
    return imported


def _row(call: LoggedCall, options: ImportOptions) -> CompletionRow:
    request = {**call.settings, "model": call.model, "messages": list(call.messages)}
    try:
        asked = CreateChatCompletion.model_validate(request)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(step) for step in first["loc"] if not str(step).startswith("<"))
        raise UnusableLogError(
            worded(
                "distill.asks_what_cannot_asked",
                "asks what cannot be asked here: '{path}': {msg}",
                path=path,
                msg=first["msg"],
            )
        ) from None
    now = unix_now()
    id = _id(call, options.project_id)
    written = asked.model_dump(mode="json", by_alias=True, exclude_unset=True)
    pairs = {**call.metadata, **options.metadata}
    if len(pairs) > _MAX_PAIRS:
        raise UnusableLogError(
            worded(
                "distill.would_pairs_metadata_kept",
                "would have {pairs} pairs of metadata; {max_pairs} are kept",
                pairs=len(pairs),
                max_pairs=_MAX_PAIRS,
            )
        )
    created = call.created or now
    return CompletionRow(
        id=id,
        project_id=options.project_id,
        model=call.model,
        created_at=created,
        # From now on: what was logged long ago would otherwise be gone at once.
        expires_at=now + options.days * _SECONDS_A_DAY,
        messages=[m.model_dump(mode="json", exclude_none=True) for m in asked.messages],
        settings={
            "request_id": call.id,
            **{name: written.get(name) for name in _SHOWN},
            "temperature": written.get("temperature", 1.0),
            "top_p": written.get("top_p", 1.0),
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "input_user": None,
        },
        answer=_answer(call, id, created),
        pairs=metadata_rows(pairs),
    )


_SHOWN = ("tool_choice", "tools", "response_format", "functions", "function_call", "seed")


def _id(call: LoggedCall, project_id: str) -> str:
    """Return the same id for the same call of the same project, and for no other's."""
    said = dumps([call.id, call.model, list(call.messages), call.message], sort_keys=True)
    return "chatcmpl-" + sha256(f"{project_id}\n{said}".encode()).hexdigest()[:_ID_LETTERS]


def _answer(call: LoggedCall, id: str, created: int) -> dict[str, Any]:
    """Return the completion as it would have been answered here."""
    message = {"role": "assistant", "content": None, "refusal": None, **call.message}
    if not message.get("tool_calls"):
        message.pop("tool_calls", None)
    return {
        "id": id,
        "object": "chat.completion",
        "created": created,
        "model": call.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": call.finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": call.prompt_tokens,
            "completion_tokens": call.completion_tokens,
            "total_tokens": call.prompt_tokens + call.completion_tokens,
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }
