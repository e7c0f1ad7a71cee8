"""One line of a chat training file as users write it, and plain words for what does not fit."""

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import ErrorDetails, PydanticCustomError

MOST_TOOLS = 128
"""As many as a chat request may carry."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _joined_text(value: Any) -> Any:
    """Turn a list of text parts into one string; leave anything else to the type check."""
    if not isinstance(value, list):
        return value
    return "".join(_text_of_part(part) for part in cast("list[Any]", value))


def _text_of_part(part: Any) -> str:
    written = cast("dict[str, Any]", part if isinstance(part, dict) else {})
    kind, text = written.get("type"), written.get("text")
    if kind == "image_url":
        raise PydanticCustomError("part", "images in training files are not supported yet")
    if kind != "text":
        shown = {"kind": repr(kind)[:40]}
        raise PydanticCustomError("part", "content part of type {kind} is not supported", shown)
    if not isinstance(text, str) or len(written) != 2:
        raise PydanticCustomError("part", 'a text part holds "type" and "text" and no more')
    return text


def _weight(value: Any) -> Any:
    # Literal alone would take true and 1.0 for 1.
    if value is None or (type(value) is int and value in (0, 1)):
        return value
    raise PydanticCustomError("weight", "weight must be 0 or 1")


Text = Annotated[str, BeforeValidator(_joined_text)]
FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
SpeakerName = Annotated[str, Field(pattern=r"^[^\s<|\\/>]{1,64}$")]
Weight = Annotated[int | None, BeforeValidator(_weight)]


class FunctionLine(_Strict):
    """A function the assistant may call."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ToolLine(_Strict):
    """An entry of `tools`."""

    type: Literal["function"]
    function: FunctionLine


class CallLine(_Strict):
    """The function and the arguments of a call."""

    name: FunctionName
    arguments: str


class ToolCallLine(_Strict):
    """An entry of `tool_calls`."""

    id: Annotated[str, Field(min_length=1)]
    type: Literal["function"]
    function: CallLine


class SystemLine(_Strict):
    """Instructions; `developer` is the newer word for the same."""

    role: Literal["system", "developer"]
    content: Text
    name: SpeakerName | None = None


class UserLine(_Strict):
    """What the user says."""

    role: Literal["user"]
    content: Text
    name: SpeakerName | None = None


class AssistantLine(_Strict):
    """What the model is to learn, unless `weight` is 0."""

    role: Literal["assistant"]
    content: Text | None = None
    name: SpeakerName | None = None
    tool_calls: list[ToolCallLine] | None = None
    function_call: CallLine | None = None
    weight: Weight = None
    # Exports of the official client carry these as null; nothing can be learned from them.
    refusal: None = None
    audio: None = None
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None


class ToolResultLine(_Strict):
    """What a called tool returned."""

    role: Literal["tool"]
    content: Text
    tool_call_id: str
    name: SpeakerName | None = None


class FunctionResultLine(_Strict):
    """What a called function returned, in the form before tools."""

    role: Literal["function"]
    name: FunctionName
    content: Text | None


MessageLine = SystemLine | UserLine | AssistantLine | ToolResultLine | FunctionResultLine


class ChatLine(_Strict):
    """The whole line."""

    messages: list[Annotated[MessageLine, Field(discriminator="role")]]
    tools: Annotated[list[ToolLine], Field(max_length=MOST_TOOLS)] | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[FunctionLine], Field(min_length=1, max_length=MOST_TOOLS)] | None = (
        None
    )


def plain_words(error: ErrorDetails) -> str:
    """Say what pydantic found wrong with a line, in the words that OpenAI's users know.

    The text continues "Example 3": it begins with a space, or with a comma and the message.
    """
    where, path = _place(error["loc"])
    match error["type"]:
        case "missing":
            return f'{where} is missing key "{path}"'
        case "extra_forbidden":
            return f'{where} contains an extra "{path}".'
        case "union_tag_not_found":
            return f"{where} Discriminator 'role' is missing in value"
        case "union_tag_invalid":
            role = repr(error["input"].get("role"))[:40]
            return (
                f"{where} has the unrecognized role {role}; "
                "use system, developer, user, assistant, tool or function"
            )
        case _:
            what = error["msg"]
            return f'{where}, key "{path}": {what}' if path else f"{where}: {what}"


def _place(location: tuple[int | str, ...]) -> tuple[str, str]:
    """Split pydantic's location into the message it is in and the path inside that message."""
    match location:
        case ("messages", int(index), *inner):
            # The first inner step is the role, which pydantic adds as the union's tag.
            return f", message {index + 1}", _dotted(inner[1:])
        case _:
            return "", _dotted(location)


def _dotted(steps: tuple[int | str, ...] | list[int | str]) -> str:
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step[:64]}"
    return path.removeprefix(".")
