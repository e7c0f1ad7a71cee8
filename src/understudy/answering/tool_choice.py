"""Which tools an answer may or must call, from `tools` or the legacy `functions` of a request."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from understudy.answering.required import required
from understudy.chat.answer_shape import ToolChoice, ToolUse
from understudy.chat.messages import Tool
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.answer import FinishReason
from understudy.schemas.chat.choices import (
    AllowedTools,
    ChosenTools,
    FunctionDefinition,
    NamedTool,
    ToolDefinition,
)
from understudy.schemas.chat.request import CreateChatCompletion


@dataclass(frozen=True, kw_only=True)
class OfferedTools:
    """The tools of a request, validated, defaults applied."""

    tools: tuple[Tool, ...]
    """Those that the model sees: none of them with the choice "none"."""
    choice: ToolChoice
    finish_reason: FinishReason
    """How an answer ends that calls some: a call of the one function that was named is no
    surprise, so such answers end with "stop", as at OpenAI."""
    is_legacy: bool
    """Whether the request uses `functions`, so that its answer does too."""


def offered_tools(request: CreateChatCompletion) -> OfferedTools:
    """Validate the tools of a request; raises InvalidRequestError with the path of a fault."""
    return _legacy(request) if request.functions else _new(request)


def _new(request: CreateChatCompletion) -> OfferedTools:
    if request.function_call is not None:
        raise _only_with("function_call", "functions")
    tools = [_tool(tool, f"tools[{i}]") for i, tool in enumerate(request.tools or ())]
    for name in ("tool_choice", "parallel_tool_calls"):
        if not tools and getattr(request, name) not in (None, "none"):
            raise _only_with(name, "tools")
    chosen = request.tool_choice
    use, names = _use(chosen, tools)
    is_named = isinstance(chosen, ChosenTools) and chosen.allowed_tools is None
    return OfferedTools(
        tools=() if use is ToolUse.NEVER else _unique(tools, "tools"),
        choice=ToolChoice(
            use=use,
            names=names,
            is_parallel=request.parallel_tool_calls is not False and not is_named,
        ),
        finish_reason="stop" if is_named else "tool_calls",
        is_legacy=False,
    )


def _legacy(request: CreateChatCompletion) -> OfferedTools:
    for name in ("tools", "tool_choice", "parallel_tool_calls"):
        if getattr(request, name):
            raise InvalidRequestError(
                f"'{name}' and 'functions' cannot be given together; use 'tools'.",
                code="invalid_value",
                param=name,
            )
    tools = [_from_function(function) for function in request.functions or ()]
    use, names, is_named = ToolUse.MAY, None, False
    if request.function_call == "none":
        use = ToolUse.NEVER
    elif request.function_call is not None and request.function_call != "auto":
        use, names, is_named = ToolUse.MUST, (request.function_call.name,), True
        _check_names(names, tools, param="function_call", among="functions")
    return OfferedTools(
        tools=() if use is ToolUse.NEVER else _unique(tools, "functions"),
        choice=ToolChoice(use=use, names=names, is_parallel=False),
        finish_reason="stop" if is_named else "function_call",
        is_legacy=True,
    )


def _use(
    chosen: str | ChosenTools | None, tools: Sequence[Tool]
) -> tuple[ToolUse, tuple[str, ...] | None]:
    if not tools or chosen == "none":
        return ToolUse.NEVER, None
    if not isinstance(chosen, ChosenTools):
        return ToolUse.MUST if chosen == "required" else ToolUse.MAY, None
    if chosen.type == "function":
        names = (_name_of(chosen, "tool_choice"),)
        _check_names(names, tools, param="tool_choice", among="tools")
        return ToolUse.MUST, names
    if chosen.type != "allowed_tools":
        raise _unsupported_type(chosen.type, "tool_choice.type", "'function' and 'allowed_tools'")
    return _allowed(required(chosen.allowed_tools, "tool_choice.allowed_tools"), tools)


def _allowed(
    allowed: AllowedTools, tools: Sequence[Tool]
) -> tuple[ToolUse, tuple[str, ...] | None]:
    path = "tool_choice.allowed_tools.tools"
    names = tuple(_name_of(tool, f"{path}[{i}]") for i, tool in enumerate(allowed.tools))
    _check_names(names, tools, param="tool_choice", among="tools")
    use = ToolUse.MUST if allowed.mode == "required" else ToolUse.MAY
    return use, tuple(dict.fromkeys(names))


def _name_of(tool: NamedTool, path: str) -> str:
    if tool.type != "function":
        raise _unsupported_type(tool.type, f"{path}.type", "'function'")
    return required(tool.function, f"{path}.function").name


def _check_names(names: Collection[str], tools: Sequence[Tool], *, param: str, among: str) -> None:
    known = {tool.name for tool in tools}
    for name in names:
        if name not in known:
            raise InvalidRequestError(
                f"Invalid value for '{param}': no function named '{name[:100]}' was specified in "
                f"the '{among}' parameter.",
                code="invalid_value",
                param=param,
            )


def _unique(tools: Sequence[Tool], name: str) -> tuple[Tool, ...]:
    """Two functions of one name could not be distinguished in an answer."""
    seen: set[str] = set()
    for i, tool in enumerate(tools):
        if tool.name in seen:
            raise InvalidRequestError(
                f"Invalid '{name}[{i}]': there is another function named '{tool.name}'.",
                code="invalid_value",
                param=f"{name}[{i}]",
            )
        seen.add(tool.name)
    return tuple(tools)


def _tool(wire: ToolDefinition, path: str) -> Tool:
    if wire.type != "function":
        raise _unsupported_type(wire.type, f"{path}.type", "'function'")
    return _from_function(required(wire.function, f"{path}.function"))


def _from_function(function: FunctionDefinition) -> Tool:
    return Tool(
        name=function.name,
        description=function.description,
        parameters=function.parameters,
        is_strict=bool(function.strict),
    )


def _only_with(name: str, needed: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Invalid value for '{name}': '{name}' is only allowed when '{needed}' are specified.",
        code="invalid_value",
        param=name,
    )


def _unsupported_type(type: str, path: str, supported: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Tools of type '{type[:100]}' are not supported by this server; supported are: "
        f"{supported}.",
        code="unsupported_value",
        param=path,
    )
