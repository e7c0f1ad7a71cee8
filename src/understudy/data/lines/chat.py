"""One line of a chat training file as users write it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from understudy.data.lines.message import MAX_MESSAGES, FunctionName, MessageLine, Strict

MAX_TOOLS = 128
"""As many as a chat request may carry."""


class FunctionLine(Strict):
    """A function the assistant may call."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ToolLine(Strict):
    """An entry of `tools`."""

    type: Literal["function"]
    function: FunctionLine


Messages = Annotated[
    list[Annotated[MessageLine, Field(discriminator="role")]], Field(max_length=MAX_MESSAGES)
]
Tools = Annotated[list[ToolLine], Field(max_length=MAX_TOOLS)]


class ChatLine(Strict):
    """The whole line."""

    messages: Messages
    tools: Tools | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[FunctionLine], Field(min_length=1, max_length=MAX_TOOLS)] | None = (
        None
    )
