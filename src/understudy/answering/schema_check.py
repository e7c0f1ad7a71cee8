"""Refuses schemas that answers cannot be held to, in OpenAI's words."""

from collections.abc import Callable, Sequence

from understudy.chat.answer_shape import JsonSchema, TextForm, ToolChoice
from understudy.chat.grammar.answer_grammar import callable_tools, needs_grammar
from understudy.chat.grammar.schemas import parameters_problem, schema_problem
from understudy.chat.messages import Tool
from understudy.errors import InvalidRequestError


def check_schemas(
    tools: Sequence[Tool],
    choice: ToolChoice,
    form: TextForm,
    *,
    form_param: str,
    tool_param: Callable[[int], str],
) -> None:
    """Raise InvalidRequestError for the first schema that has to be followed and cannot be.

    The params say where the schemas stand in the request; `tool_param` gets a tool's place.
    Takes up to a second for schemas that were not seen before.
    """
    if isinstance(form, JsonSchema):
        problem = schema_problem(form.schema, is_strict=form.is_strict)
        if problem is not None:
            raise InvalidRequestError(
                f"Invalid schema for response_format '{form.name}': {problem}", param=form_param
            )
    followed = callable_tools(tools, choice) if needs_grammar(tools, choice, form) else ()
    names = {tool.name for tool in followed}
    for index, tool in enumerate(tools):
        if not tool.is_strict and tool.name not in names:
            continue
        problem = parameters_problem(tool.parameters, is_strict=tool.is_strict)
        if problem is not None:
            raise InvalidRequestError(
                f"Invalid schema for function '{tool.name}': {problem}",
                code="invalid_function_parameters",
                param=tool_param(index),
            )
