"""Tools and text formats of Responses, which are flat, as those of chat, which are not."""

from typing import Any

from understudy.answering.required import required
from understudy.answering.text_form import text_form
from understudy.answering.tool_choice import OfferedTools, offered_tools
from understudy.chat.answer_shape import FreeText, TextForm
from understudy.chat.grammar.schemas import parameters_problem
from understudy.errors import InvalidRequestError
from understudy.schemas.chat import choices
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.schemas.responses.objects import (
    JsonSchemaFormat,
    ResponseFunction,
    TextFormat,
    TextSettings,
)
from understudy.schemas.responses.request import (
    ChosenResponseTools,
    InputTokensRequest,
    NamedResponseTool,
    RequestedFormat,
    ResponseTool,
)
from understudy.wording import worded


def offered_response_tools(request: InputTokensRequest) -> OfferedTools:
    """Validate tools by the rules of chat; raises InvalidRequestError."""
    tools = [_chat_tool(tool, f"tools[{i}]") for i, tool in enumerate(request.tools or ())]
    choice = request.tool_choice
    is_needless = not tools and choice in ("auto", "none")
    return offered_tools(
        CreateChatCompletion.model_construct(
            tools=tools,
            tool_choice=None if is_needless else _chat_choice(choice),
            parallel_tool_calls=request.parallel_tool_calls if tools else None,
        )
    )


def response_tools(request: InputTokensRequest) -> list[ResponseFunction]:
    """Return the tools as the response shows them."""
    return [
        ResponseFunction(
            name=tool.name or "",
            description=tool.description,
            parameters=tool.parameters,
            strict=is_strict(tool),
        )
        for tool in request.tools or ()
    ]


def response_tool_choice(request: InputTokensRequest) -> str | dict[str, Any]:
    """Return the choice of tools as the response shows it."""
    choice = request.tool_choice
    if isinstance(choice, ChosenResponseTools):
        return choice.model_dump(exclude_none=True)
    return choice or "auto"


def is_strict(tool: ResponseTool) -> bool:
    """Say whether a function's schema is enforced.

    It is unless the request says otherwise, or says nothing and the schema does not allow for it.
    """
    if tool.strict is not None:
        return tool.strict
    return parameters_problem(tool.parameters, is_strict=True) is None


def response_text_form(wire: RequestedFormat | None) -> TextForm:
    """Return the form that is asked for; raises InvalidRequestError."""
    if wire is None:
        return FreeText()
    if wire.type != "json_schema":
        return text_form(choices.ResponseFormat(type=wire.type))
    named = choices.NamedSchema.model_construct(
        name=required(wire.name, "text.format.name"),
        schema_=required(wire.schema_, "text.format.schema"),
        strict=wire.strict,
    )
    return text_form(choices.ResponseFormat(type="json_schema", json_schema=named))


def response_text(wire: RequestedFormat | None) -> TextSettings:
    """Return the text's format as the response shows it."""
    if wire is None:
        return TextSettings(format=TextFormat(type="text"))
    if wire.type != "json_schema":
        return TextSettings(format=TextFormat(type=wire.type))
    return TextSettings(
        format=JsonSchemaFormat(
            name=wire.name or "",
            description=wire.description,
            schema_=wire.schema_ or {},
            strict=bool(wire.strict),
        )
    )


def _chat_tool(wire: ResponseTool, path: str) -> choices.ToolDefinition:
    _check_type(wire.type, path)
    function = choices.FunctionDefinition(
        name=required(wire.name, f"{path}.name"),
        description=wire.description,
        parameters=wire.parameters,
        strict=is_strict(wire),
    )
    return choices.ToolDefinition(type="function", function=function)


def _chat_choice(
    choice: str | ChosenResponseTools | None,
) -> str | choices.ChosenTools | None:
    if choice is None or isinstance(choice, str):
        return choice
    if choice.type == "function":
        return choices.ChosenTools(type="function", function=_named(choice, "tool_choice"))
    if choice.type != "allowed_tools":
        _check_type(choice.type, "tool_choice")
    tools = required(choice.tools, "tool_choice.tools")
    named = [
        choices.NamedTool(type=tool.type, function=_named(tool, f"tool_choice.tools[{i}]"))
        for i, tool in enumerate(tools)
    ]
    allowed = choices.AllowedTools(mode=choice.mode or "auto", tools=named)
    return choices.ChosenTools(type="allowed_tools", allowed_tools=allowed)


def _named(tool: NamedResponseTool, path: str) -> choices.NamedFunction:
    _check_type(tool.type, path)
    return choices.NamedFunction(name=required(tool.name, f"{path}.name"))


def _check_type(type: str, path: str) -> None:
    if type != "function":
        raise InvalidRequestError(
            worded(
                "chat.tools_type_not_offered",
                "Tools of type '{type}' are not offered by this server, which runs "
                "no tools itself; the only type is 'function'.",
                type=type[:100],
            ),
            code="unsupported_value",
            param=f"{path}.type",
        )
