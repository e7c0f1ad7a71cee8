"""One line of a preference file as users write it: a conversation and two answers to it."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from understudy.data.lines.chat import Messages, Tools
from understudy.data.lines.content import AnswerText
from understudy.data.lines.message import (
    MAX_CALLS,
    MAX_MESSAGES,
    NoAudio,
    SpeakerName,
    Strict,
    ToolCallLine,
)


def _no_old_call(value: Any) -> Any:
    if value is not None:
        raise PydanticCustomError(
            "calls",
            'answers of a preference file call in "tool_calls"; write the "function_call" as one',
        )
    return value


NoOldCall = Annotated[None, BeforeValidator(_no_old_call)]


class AnswerLine(Strict):
    """An answer of the assistant: text, calls, or both."""

    role: Literal["assistant"]
    content: AnswerText | None = None
    refusal: str | None = None
    name: SpeakerName | None = None
    tool_calls: Annotated[list[ToolCallLine], Field(max_length=MAX_CALLS)] | None = None
    # Exports of the official client carry these empty.
    function_call: NoOldCall = None
    audio: NoAudio = None
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None

    @property
    def said(self) -> str:
        """The text of the answer, which a refusal is where there is no content."""
        return self.content or self.refusal or ""


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
