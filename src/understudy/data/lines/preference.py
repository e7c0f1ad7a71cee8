"""One line of a preference file as users write it: a conversation and two answers to it."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from understudy.data.lines.chat import Messages, Tools
from understudy.data.lines.content import Text
from understudy.data.lines.message import (
    MAX_CALLS,
    MAX_MESSAGES,
    SpeakerName,
    Strict,
    ToolCallLine,
)


class AnswerLine(Strict):
    """An answer of the assistant: text, calls, or both."""

    role: Literal["assistant"]
    content: Text | None = None
    name: SpeakerName | None = None
    tool_calls: Annotated[list[ToolCallLine], Field(max_length=MAX_CALLS)] | None = None
    # Exports of the official client carry these as null.
    function_call: None = None
    refusal: None = None
    audio: None = None
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None


class InputLine(Strict):
    """What both answers answer."""

    messages: Messages
    tools: Tools | None = None
    parallel_tool_calls: bool | None = None


Answers = Annotated[list[AnswerLine], Field(max_length=MAX_MESSAGES)]


def _either(output: str, completion: str) -> Any:
    # OpenAI's published schema says completion; its guides and every real file say output.
    return Field(validation_alias=AliasChoices(output, completion))


class PreferenceLine(Strict):
    """The whole line."""

    input: InputLine
    preferred: Answers = _either("preferred_output", "preferred_completion")
    non_preferred: Answers = _either("non_preferred_output", "non_preferred_completion")
