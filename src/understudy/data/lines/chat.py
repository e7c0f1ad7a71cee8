"""One line of a chat training file as users write it."""

from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from understudy.data.lines.message import MAX_MESSAGES, FunctionName, MessageLine, Strict

MAX_TOOLS = 128
"""As many as a chat request may carry."""


class FunctionLine(Strict):
    """A function the assistant may call."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


def _function_tool(value: Any) -> Any:
    if isinstance(value, dict) and cast("dict[str, Any]", value).get("type") == "custom":
        raise PydanticCustomError(
            "custom",
            "custom tools are not supported; write it with the type 'function', its input as a "
            "parameter",
        )
    return value


class ToolLine(Strict):
    """An entry of `tools`."""

    type: Literal["function"]
    function: FunctionLine


Messages = Annotated[
    list[Annotated[MessageLine, Field(discriminator="role")]], Field(max_length=MAX_MESSAGES)
]
Tools = Annotated[
    list[Annotated[ToolLine, BeforeValidator(_function_tool)]], Field(max_length=MAX_TOOLS)
]


class ChatLine(Strict):
    """The whole line."""

    messages: Messages
    tools: Tools | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[FunctionLine], Field(min_length=1, max_length=MAX_TOOLS)] | None = (
        None
    )
