"""Which stored answers nobody should learn from, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from json import dumps
from typing import Any

from understudy.data.examples import ChatExample
from understudy.data.files.parse import parse_chat_file
from understudy.data.files.strict_json import parse_object, parse_value
from understudy.data.json_schema import first_violation
from understudy.data.report.content.refusals import is_refusal
from understudy.distilling.captured import Captured


class Reason(StrEnum):
    """Why a stored answer is not learned."""

    CUT_OFF = "cut_off"
    FILTERED = "content_filter"
    REFUSED = "refused"
    EMPTY = "empty"
    BREAKS_SCHEMA = "breaks_schema"
    BAD_TOOL_CALL = "bad_tool_call"
    NOT_TRAINABLE = "not_trainable"
    FORBIDDEN = "may_not_train"
    BELOW_SCORE = "below_score"
    NOT_GRADED = "not_graded"
    DUPLICATE = "duplicate"
    OTHER_ANSWER = "other_answer_kept"
    """Several answers to one question: another one was better, or newer."""


@dataclass(frozen=True)
class Drop:
    """Why one answer is left out, in a word and in words."""

    reason: Reason
    detail: str


def clean(captured: Captured, *, keep_refusals: bool) -> ChatExample | Drop:
    """Return what is learned of an answer, or why nothing is."""
    drop = _unfinished(captured) or _broken_promise(captured)
    if drop is not None:
        return drop
    if not keep_refusals and (captured.refusal or is_refusal(captured.text)):
        return Drop(Reason.REFUSED, f"It declines: {(captured.refusal or captured.text)[:160]}")
    read = parse_chat_file([dumps(captured.line).encode()])
    if read.problems:
        return Drop(Reason.NOT_TRAINABLE, read.problems[0].message)
    return read.examples[0]


def _unfinished(captured: Captured) -> Drop | None:
    if captured.finish_reason == "length":
        return Drop(Reason.CUT_OFF, "It ends at its token limit and not where the model ended it.")
    if captured.finish_reason == "content_filter":
        return Drop(Reason.FILTERED, "A content filter ended it.")
    if not captured.text.strip() and not captured.calls and not captured.refusal:
        return Drop(Reason.EMPTY, "It says nothing and calls nothing.")
    return None


def _broken_promise(captured: Captured) -> Drop | None:
    """Return how the answer breaks what was demanded: a schema, or the parameters of a tool."""
    form = captured.response_format or {}
    if form.get("type") in ("json_object", "json_schema") and not captured.calls:
        schema = (form.get("json_schema") or {}).get("schema")
        wrong = _wrong_json(captured.text, schema)
        if wrong is not None and not captured.refusal:
            return Drop(Reason.BREAKS_SCHEMA, wrong)
    parameters = {
        tool["function"]["name"]: tool["function"].get("parameters")
        for tool in captured.tools
        if tool.get("type") == "function"
    }
    for call in captured.calls:
        function = call.get("function") or {}
        name = str(function.get("name"))
        if name not in parameters:
            return Drop(Reason.BAD_TOOL_CALL, f"It calls {name[:64]}, which it was not offered.")
        wrong = _wrong_arguments(function.get("arguments") or "", parameters[name])
        if wrong is not None:
            return Drop(Reason.BAD_TOOL_CALL, f"{name}: {wrong}")
    return None


def _wrong_json(text: str, schema: Mapping[str, Any] | None) -> str | None:
    try:
        value = parse_value(text.encode())
    except ValueError as error:
        return f"It is not the JSON that was asked for: {error}"
    return None if schema is None else first_violation(schema, value)


def _wrong_arguments(arguments: str, schema: Mapping[str, Any] | None) -> str | None:
    try:
        value = parse_object(arguments.encode())
    except ValueError as error:
        return f"its arguments are not a JSON object: {error}"
    return None if schema is None else first_violation(schema, value)
