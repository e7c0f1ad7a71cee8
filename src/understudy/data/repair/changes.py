"""What is changed in a row so that a job can take it: keys, roles, arguments."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NamedTuple, cast

from understudy.data.files.formats import Method
from understudy.data.foreign.rows import form_of, to_chat
from understudy.errors import InvalidRequestError
from understudy.wording import worded

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_OTHER_ROLES = {
    **dict.fromkeys(("human", "customer", "client", "prompter", "用户"), "user"),
    **dict.fromkeys(
        ("gpt", "bot", "ai", "model", "agent", "chatgpt", "chatbot", "助手"), "assistant"
    ),
    **dict.fromkeys(("instruction", "系统"), "system"),
}
_LISTS = ("conversation", "conversations", "dialog", "dialogue", "chat", "turns")
_QUESTIONS = ("prompt", "question", "user", "input", "query", "instruction", "问题", "提问", "输入")
_ANSWERS = (
    *("completion", "response", "answer", "assistant", "output", "reply", "target"),
    *("回答", "答案", "回复", "输出"),
)
_SYSTEMS = ("system", "system_prompt", "系统")


class Repair(StrEnum):
    """The kinds of repair."""

    ENCODING = "encoding"
    ARRAY = "array"
    TABLE = "table"
    OBJECTS = "objects"
    EMPTY_LINE = "empty_line"
    LOOSE_JSON = "loose_json"
    FOREIGN_ROW = "foreign_row"
    ROLE = "role"
    ARGUMENTS = "arguments"


class Change(NamedTuple):
    """One repair of a row."""

    kind: Repair
    field: str
    """Where in the row as it was; empty for the whole."""


Row = dict[str, Any]


def repaired_row(row: Row, method: Method) -> tuple[Row, tuple[Change, ...]]:
    """Return the row as a job may take it, and what was changed; unchanged where nothing fits.

    Raises InvalidRequestError for another trainer's row that holds what has no place in a chat.
    """
    changes: list[Change] = []
    changed = _as_conversation(row, method)
    if changed is not row:
        changes.append(Change(Repair.FOREIGN_ROW, ""))
    messages = changed.get("messages")
    if isinstance(messages, list):
        kept: list[Any] = []
        for index, message in enumerate(cast("list[Any]", messages)):
            mended, found = _message(message, f"messages[{index}]")
            kept.append(mended)
            changes += found
        changed = {**changed, "messages": kept}
    return changed, tuple(changes)


def _as_conversation(row: Row, method: Method) -> Row:
    for name in _LISTS:
        entries = row.get(name)
        if (
            isinstance(entries, list)
            and entries
            and all(map(_is_message, cast("list[Any]", entries)))
        ):
            others = {key: value for key, value in row.items() if key != name}
            return {"messages": entries, **others}
    if method is Method.DPO:
        return _as_pair(row)
    if form_of(row) is not None:
        return to_chat(row)
    return _from_columns(row)


def _is_message(entry: object) -> bool:
    return isinstance(entry, dict) and "role" in entry and "content" in entry


def _from_columns(row: Row) -> Row:
    """Read a question and an answer under the names that people give them."""
    if "messages" in row:
        return row
    named = {key.strip().lower(): key for key in row}
    question, answer = _first(named, _QUESTIONS), _first(named, _ANSWERS)
    if question is None or answer is None:
        return row
    system = _first(named, _SYSTEMS)
    used = {question, answer, system}
    extra = [key for key in row if key not in used and row[key] not in (None, "")]
    if extra:
        raise InvalidRequestError(
            worded(
                "file.row.extra",
                'it also has "{key}", which has no place in a chat; remove it first',
                key=extra[0][:64],
            )
        )
    said = [("system", system)] if system is not None and row[system] else []
    said += [("user", question), ("assistant", answer)]
    messages = [{"role": role, "content": row[key]} for role, key in said]
    if not all(isinstance(message["content"], str) for message in messages):
        return row
    return {"messages": messages}


def _as_pair(row: Row) -> Row:
    """Read a prompt with a chosen and a rejected answer, as other trainers write them."""
    if not {"chosen", "rejected"} <= row.keys():
        return row
    chosen, rejected = _said(row["chosen"]), _said(row["rejected"])
    asked = _said(row.get("prompt"), role="user")
    if not chosen or not rejected:
        return row
    shared = asked or chosen[:-1]
    return {
        "input": {"messages": shared},
        "preferred_output": chosen[-1:],
        "non_preferred_output": rejected[-1:],
    }


def _said(value: object, role: str = "assistant") -> list[Any]:
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    return cast("list[Any]", value) if isinstance(value, list) else []


def _first(named: Mapping[str, str], wanted: tuple[str, ...]) -> str | None:
    return next((named[name] for name in wanted if name in named), None)


def _message(message: Any, path: str) -> tuple[Any, list[Change]]:
    if not isinstance(message, dict):
        return message, []
    changed: Row = dict(cast("Row", message))
    changes: list[Change] = []
    role = _role(changed.get("role"))
    if role is not None:
        changed["role"] = role
        changes.append(Change(Repair.ROLE, f"{path}.role"))
    for call, where in _calls(changed, path):
        arguments = call.get("arguments")
        if isinstance(arguments, dict):
            call["arguments"] = json.dumps(arguments, ensure_ascii=False)
            changes.append(Change(Repair.ARGUMENTS, f"{where}.arguments"))
    return changed, changes


def _role(role: object) -> str | None:
    """Return the role that is meant; None where it is right, or nobody can say."""
    if not isinstance(role, str) or role in _ROLES:
        return None
    plain = role.strip().lower()
    if plain in _ROLES:
        return plain
    if plain in _OTHER_ROLES:
        return _OTHER_ROLES[plain]
    return next(iter(get_close_matches(plain, _ROLES, n=1, cutoff=0.75)), None)


def _calls(message: Row, path: str) -> Iterator[tuple[Row, str]]:
    """Give the function of each call, in copies that may be changed."""
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        copies: list[Any] = []
        message["tool_calls"] = copies
        for index, call in enumerate(cast("list[Any]", calls)):
            if isinstance(call, dict) and isinstance(call.get("function"), dict):
                written = cast("Row", call)
                function = dict(cast("Row", written["function"]))
                copies.append({**written, "function": function})
                yield function, f"{path}.tool_calls[{index}].function"
            else:
                copies.append(call)
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        message["function_call"] = dict(cast("Row", legacy))
        yield message["function_call"], f"{path}.function_call"
