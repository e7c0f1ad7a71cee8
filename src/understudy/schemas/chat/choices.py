"""Chat Completions: how a request says which tools may be called and what form an answer has."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from understudy.schemas.base import TolerantRequest

FunctionName = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern="^[a-zA-Z0-9_-]+$")
]


def _word_or_object(value: object) -> str:
    return "<word>" if isinstance(value, str) else "<object>"


class FunctionDefinition(TolerantRequest):
    """A function that the model may call."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ToolDefinition(TolerantRequest):
    """A tool; only functions are offered here."""

    type: str
    function: FunctionDefinition | None = None


class NamedFunction(TolerantRequest):
    """A function by its name alone."""

    name: str


class NamedTool(TolerantRequest):
    """A tool by its name alone."""

    type: str
    function: NamedFunction | None = None


class AllowedTools(TolerantRequest):
    """Some of the request's tools, and whether one of them has to be called."""

    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedTool], Field(min_length=1, max_length=128)]


class ChosenTools(NamedTool):
    """One function, or several allowed ones."""

    allowed_tools: AllowedTools | None = None


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("<word>")]
    | Annotated[ChosenTools, Tag("<object>")],
    Discriminator(_word_or_object),
]
FunctionChoice = Annotated[
    Annotated[Literal["none", "auto"], Tag("<word>")] | Annotated[NamedFunction, Tag("<object>")],
    Discriminator(_word_or_object),
]
"""The same before there were tools."""


class NamedSchema(TolerantRequest):
    """A JSON Schema for the answer's text."""

    name: FunctionName
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None


class ResponseFormat(TolerantRequest):
    """What form the answer's text has."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None
