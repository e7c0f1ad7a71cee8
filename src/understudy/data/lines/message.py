"""One message of a training file as users write it, of any role."""

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from understudy.data.lines.content import AnswerText, Text, UserContent

MAX_MESSAGES = 16_384
"""More are longer than any model's context, since each takes several tokens."""
MAX_CALLS = 128
"""In one message: as many as there can be tools."""


class Strict(BaseModel):
    """What all pieces of a line share: no unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _weight(value: Any) -> Any:
    # Data frames write 1.0 for 1, which is the same number to JSON; true is none.
    if value is None or (type(value) in (int, float) and value in (0, 1)):
        return value if value is None else int(value)
    raise PydanticCustomError("weight", "weight must be 0 or 1")


def _no_audio(value: Any) -> Any:
    if value is not None:
        raise PydanticCustomError(
            "audio", 'models here do not speak; leave it out, and write what was said in "content"'
        )
    return value


def _function_call(value: Any) -> Any:
    if isinstance(value, dict) and cast("dict[str, Any]", value).get("type") == "custom":
        raise PydanticCustomError(
            "custom",
            "calls of custom tools are not supported; write it with the type 'function', its "
            "input as an argument",
        )
    return value


FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
SpeakerName = Annotated[str, Field(pattern=r"^[^\s<|\\/>]{1,64}$")]
NoAudio = Annotated[None, BeforeValidator(_no_audio)]
Weight = Annotated[int | None, BeforeValidator(_weight)]


class CallLine(Strict):
    """The function and the arguments of a call."""

    name: FunctionName
    arguments: str


class ToolCallLine(Strict):
    """An entry of `tool_calls`."""

    id: Annotated[str, Field(min_length=1)]
    type: Literal["function"]
    function: CallLine


class SystemLine(Strict):
    """Instructions; `developer` is the newer word for the same."""

    role: Literal["system", "developer"]
    content: Text
    name: SpeakerName | None = None


class UserLine(Strict):
    """What the user says."""

    role: Literal["user"]
    content: UserContent
    name: SpeakerName | None = None


class AssistantLine(Strict):
    """What the model is to learn, unless `weight` is 0."""

    role: Literal["assistant"]
    content: AnswerText | None = None
    # What a thinking model writes before its answer, under the name that open models use for it.
    reasoning_content: Text | None = None
    name: SpeakerName | None = None
    tool_calls: (
        Annotated[
            list[Annotated[ToolCallLine, BeforeValidator(_function_call)]],
            Field(max_length=MAX_CALLS),
        ]
        | None
    ) = None
    function_call: CallLine | None = None
    weight: Weight = None
    refusal: str | None = None
    # Exports of the official client carry these empty; nothing can be learned from them.
    audio: NoAudio = None
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None

    @property
    def said(self) -> str | None:
        """The text of the message, which a refusal is where there is no content."""
        return self.refusal or None if self.content is None else self.content


class ToolResultLine(Strict):
    """What a called tool returned."""

    role: Literal["tool"]
    content: Text
    tool_call_id: str
    name: SpeakerName | None = None


class FunctionResultLine(Strict):
    """What a called function returned, in the form before tools."""

    role: Literal["function"]
    name: FunctionName
    content: Text | None


MessageLine = SystemLine | UserLine | AssistantLine | ToolResultLine | FunctionResultLine
