"""Checks that what a template wrote of an answer is read back as that same answer."""

import json
from collections.abc import Sequence

from understudy.chat.families.formats import AnswerForm
from understudy.chat.messages import Message, Tool
from understudy.chat.parsing.deltas import ReasoningDelta, RefusalDelta, TextDelta, ToolCallDelta
from understudy.chat.parsing.parser import machine


def is_read_back(
    message: Message, written: str, form: AnswerForm, tools: Sequence[Tool] = ()
) -> bool:
    """Whether parsing `written` gives the text, the reasoning and the tool calls of `message`.

    Text stands before the calls. Space around texts does not count, nor does the spelling of
    arguments as JSON and the order of their keys.
    """
    content = (message.content or "").strip()
    if not message.tool_calls and message.reasoning is None:
        return content in written
    reader = machine(form, tools=tools)
    text, reasoning, names, arguments = "", "", list[str](), list[str]()
    for delta in [*reader.feed(written), *reader.finish()]:
        match delta:
            case TextDelta() | RefusalDelta():
                if names and delta.text.strip():
                    return False
                text += delta.text
            case ReasoningDelta():
                reasoning += delta.text
            case ToolCallDelta(name=str() as name):
                names.append(name)
                arguments.append(delta.arguments)
            case ToolCallDelta():
                arguments[delta.index] += delta.arguments
    return (
        text.strip() == content
        and reasoning.strip() == (message.reasoning or "").strip()
        and names == [call.name for call in message.tool_calls]
        and all(map(_is_same_json, arguments, (call.arguments for call in message.tool_calls)))
    )


def _is_same_json(left: str, right: str) -> bool:
    try:
        return _in_order(left) == _in_order(right)
    except ValueError:
        return False


def _in_order(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True)
