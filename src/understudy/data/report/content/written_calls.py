"""Answers that write a call of a tool as text, where it should stand in `tool_calls`."""

import json
import re
from typing import Any

_MARKS = re.compile(
    r"<\|?/?tool_calls?(?:_begin|_section_begin)?\|?>|\[TOOL_CALLS\]|<function=\w|<function_calls?>"
    r"|<invoke name=|<\|python_tag\|>|```tool_code|<｜tool▁calls?▁"
    r"|<\|tool_calls?_(?:section_)?begin"
    r"|^Action: ?[\w.]+\s*\nAction Input:|^(?:tool|function): ?\w+\s*\narguments: ?\{",
    re.MULTILINE,
)
_INLINE_CODE = re.compile(r"(?<!`)`[^`\n]+`(?!`)")
_FENCED = re.compile(r"```(?:json|tool_call)?\s*\n(.*?)\n?\s*```", re.DOTALL)
_NAMES = ("name", "tool", "tool_name", "function", "function_name")
_ARGUMENTS = ("arguments", "parameters", "args", "tool_input")

_ARGUMENT_LIST = r"\((?:\s*\w+\s*=[^()\n]{0,200}|\s*\{[^()]{0,2000}\}\s*)\)"
# Without declared tools, only names that begin as those of tools do are taken for one.
_TOOL_NAME = (
    r"(?:functions\.\w+|(?:get|set|search|find|create|send|list|book|update|delete|check|look_?up|fetch"
    r"|query|call|read|write|add|cancel)_\w+)"
)
_CALL = re.compile(
    rf"\[?{_TOOL_NAME}{_ARGUMENT_LIST}(?:,\s*{_TOOL_NAME}{_ARGUMENT_LIST}){{0,8}}\]?"
)
_ANY_CALL = re.compile(rf"\[?(\w+){_ARGUMENT_LIST}")


def is_written_call(answer: str, declared: frozenset[str] = frozenset()) -> bool:
    """Say whether an answer writes a call as text; `declared` are the tools of its example."""
    text = answer.strip()
    if _MARKS.search(_INLINE_CODE.sub("", text)):
        return True
    if text[:1] in ("{", "["):
        return _is_json_call(text) or _CALL.fullmatch(text) is not None
    if "```" in text:
        return any(_is_json_call(found[1].strip()) for found in _FENCED.finditer(text))
    if not text.endswith(")"):
        return False
    if _CALL.fullmatch(text):
        return True
    called = _ANY_CALL.fullmatch(text)
    return called is not None and called[1] in declared


def _is_json_call(text: str) -> bool:
    if not any(
        f'"{key}' in text for key in (*_ARGUMENTS, "action_input", "tool_call", "function_call")
    ):
        return False
    try:
        value: Any = json.loads(text)
    except ValueError:
        return False
    values: list[Any] = value if isinstance(value, list) else [value]
    return bool(values) and all(map(_is_call, values))


def _is_call(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("function"), dict):
        return _is_call(value["function"])
    if any(isinstance(value.get(key), list | dict) for key in ("tool_calls", "function_call")):
        return True
    if isinstance(value.get("action"), str) and "action_input" in value:
        return True
    has_name = any(isinstance(value.get(key), str) for key in _NAMES)
    arguments = [value[key] for key in _ARGUMENTS if key in value]
    return has_name and any(isinstance(each, dict) or _is_object(each) for each in arguments)


def _is_object(text: Any) -> bool:
    return isinstance(text, str) and text.lstrip().startswith("{")
