"""From a line as written to a conversation: legacy forms made new, calls and results paired."""

from collections.abc import Iterator

from understudy.chat.messages import Message, Role, Tool, ToolCall
from understudy.data.chat_line import (
    AssistantLine,
    CallLine,
    ChatLine,
    FunctionLine,
    FunctionResultLine,
    MessageLine,
    SystemLine,
    ToolResultLine,
    UserLine,
)
from understudy.data.examples import ChatExample
from understudy.data.strict_json import parse_object


def to_example(chat_line: ChatLine, number: int) -> tuple[ChatExample, list[str]]:
    """Return the conversation of line `number` and everything that is wrong with its course.

    The example is to be used only where the list is empty. Each complaint continues "Example 3".
    """
    problems = list(_problems_of_line(chat_line))
    messages: list[Message] = []
    pending: list[ToolCall] = []
    for index, written in enumerate(chat_line.messages):
        where = f", message {index + 1}"
        is_result = isinstance(written, ToolResultLine | FunctionResultLine)
        if pending and not is_result:
            problems.append(f"{where} comes before the result of tool call '{pending[0].id[:64]}'")
            pending = []
        answered = _answered_call(written, pending)
        if answered is not None:
            pending.remove(answered)
        elif is_result:
            problems.append(f"{where} is a result that answers no tool call before it")
        message = _to_message(written, index, answered)
        problems += [where + problem for problem in _problems_of_message(written, message)]
        pending += message.tool_calls
        messages.append(message)
    example = ChatExample(
        line=number,
        messages=tuple(messages),
        tools=_to_tools(chat_line),
        trained=tuple(map(_is_trained, chat_line.messages)),
        parallel_tool_calls=chat_line.parallel_tool_calls,
    )
    return example, problems


def _problems_of_line(chat_line: ChatLine) -> Iterator[str]:
    assistants = [m for m in chat_line.messages if isinstance(m, AssistantLine)]
    if not chat_line.messages:
        yield " must have at least one message"
    elif not assistants:
        yield " must have at least one message from the assistant"
    elif not any(map(_is_trained, assistants)):
        yield " has nothing to learn: every assistant message has weight 0"
    if chat_line.tools and chat_line.functions:
        yield ' gives both "tools" and "functions"; use "tools"'
    names = [function.name for function in _functions(chat_line)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f" defines the function '{name}' twice"


def _problems_of_message(written: MessageLine, message: Message) -> Iterator[str]:
    if not isinstance(written, AssistantLine):
        return
    if written.tool_calls and written.function_call:
        yield ' gives both "tool_calls" and "function_call"; use "tool_calls"'
    if message.content is None and not message.tool_calls:
        yield ' is missing key "content"'
    for call in message.tool_calls:
        try:
            parse_object(call.arguments.encode())
        except ValueError as error:
            yield f": the arguments of '{call.name}' must be the text of a JSON object: {error}"


def _answered_call(written: MessageLine, pending: list[ToolCall]) -> ToolCall | None:
    for call in pending:
        match written:
            case ToolResultLine(tool_call_id=call_id) if call_id == call.id:
                return call
            case FunctionResultLine(name=name) if name == call.name:
                return call
            case _:
                pass
    return None


def _to_message(written: MessageLine, index: int, answered: ToolCall | None) -> Message:
    match written:
        case SystemLine():
            return Message(role=Role.SYSTEM, content=written.content, name=written.name)
        case UserLine():
            return Message(role=Role.USER, content=written.content, name=written.name)
        case AssistantLine():
            return Message(
                role=Role.ASSISTANT,
                content=written.content,
                name=written.name,
                tool_calls=_to_tool_calls(written, index),
            )
        case ToolResultLine():
            return Message(
                role=Role.TOOL,
                content=written.content,
                name=written.name,
                tool_call_id=written.tool_call_id,
            )
        case FunctionResultLine():
            return Message(
                role=Role.TOOL,
                content=written.content or "",
                name=written.name,
                tool_call_id=answered.id if answered else None,
            )


def _to_tool_calls(written: AssistantLine, index: int) -> tuple[ToolCall, ...]:
    if written.function_call is not None:
        # The old form has no ids; one per message is enough to pair its single result.
        return (_to_tool_call(f"call_{index}", written.function_call),)
    return tuple(_to_tool_call(call.id, call.function) for call in written.tool_calls or ())


def _to_tool_call(call_id: str, call: CallLine) -> ToolCall:
    return ToolCall(id=call_id, name=call.name, arguments=call.arguments)


def _to_tools(chat_line: ChatLine) -> tuple[Tool, ...]:
    return tuple(
        Tool(name=f.name, description=f.description, parameters=f.parameters)
        for f in _functions(chat_line)
    )


def _functions(chat_line: ChatLine) -> list[FunctionLine]:
    return [tool.function for tool in chat_line.tools or ()] + (chat_line.functions or [])


def _is_trained(written: MessageLine) -> bool:
    return isinstance(written, AssistantLine) and written.weight != 0
