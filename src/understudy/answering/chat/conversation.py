"""Messages of a chat request as the conversation that a model sees."""

from collections.abc import Sequence

from understudy.answering.call_arguments import check_arguments
from understudy.answering.required import required
from understudy.answering.shown_images import NOT_HERE, reference_of, shown_image
from understudy.chat.messages import Image, Message, Role, ToolCall
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import ChatMessage, ContentPart, FunctionCall
from understudy.schemas.chat.request import ToolCall as WireToolCall
from understudy.wording import worded

IMAGE_PARTS = ("image_url", "image_file")
"""The types of parts that are images."""


def conversation(
    messages: Sequence[ChatMessage], images: ImageSource = NOT_HERE
) -> tuple[Message, ...]:
    """Return the turns of a request; blocks for its images.

    Raises InvalidRequestError with the path of what is wrong, and what `images` raises.
    """
    turns: list[Message] = []
    for index, message in enumerate(messages):
        turns.append(_turn(message, f"messages[{index}]", turns[-1] if turns else None, images))
    _check_tool_answers(turns)
    return tuple(turns)


def _turn(wire: ChatMessage, path: str, before: Message | None, images: ImageSource) -> Message:
    match wire.role:
        case "assistant":
            return _assistant_turn(wire, path)
        case "tool":
            return _tool_turn(wire, path)
        case "function":
            return _function_turn(wire, path, before)
        case "user":
            return _user_turn(wire, path, images)
        case "system" | "developer":
            return Message(role=Role.SYSTEM, content=_text(wire, path), name=wire.name)


def _user_turn(wire: ChatMessage, path: str, images: ImageSource) -> Message:
    written = wire.content
    is_illustrated = isinstance(written, list) and any(p.type in IMAGE_PARTS for p in written)
    if not isinstance(written, list) or not is_illustrated:
        return Message(role=Role.USER, content=_text(wire, path), name=wire.name)
    parts = tuple(
        _image(part, f"{path}.content[{i}]", images)
        if part.type in IMAGE_PARTS
        else _part_text(part, wire, f"{path}.content[{i}]")
        for i, part in enumerate(written)
    )
    text = "".join(part for part in parts if isinstance(part, str))
    return Message(role=Role.USER, content=text, parts=parts, name=wire.name)


def _image(part: ContentPart, path: str, images: ImageSource) -> Image:
    path = f"{path}.{part.type}"
    if part.type == "image_url":
        written = required(part.image_url, path)
        url, file_id, detail = written.url, None, written.detail
    else:
        named = required(part.image_file, path)
        url, file_id, detail = None, named.file_id, named.detail
    reference = reference_of(path, url=url, file_id=file_id, detail=detail)
    return shown_image(images, reference, path)


def _assistant_turn(wire: ChatMessage, path: str) -> Message:
    if wire.function_call is not None and wire.tool_calls:
        raise InvalidRequestError(
            worded(
                "chat.message_cannot_both_tool",
                "A message cannot have both 'tool_calls' and 'function_call'; use 'tool_calls'.",
            ),
            code="invalid_value",
            param=f"{path}.function_call",
        )
    if wire.function_call is not None:
        # Ids pair calls and results; in the old form there is one call, so any id will do.
        calls = (_call(path, wire.function_call, f"{path}.function_call"),)
    else:
        written = enumerate(wire.tool_calls or ())
        calls = tuple(_tool_call(call, f"{path}.tool_calls[{i}]") for i, call in written)
    if wire.content and wire.refusal:
        raise InvalidRequestError(
            worded(
                "chat.message_cannot_both_content",
                "A message cannot have both 'content' and 'refusal'; write what the "
                "assistant says in one of them.",
            ),
            code="invalid_value",
            param=f"{path}.refusal",
        )
    is_silent = wire.content is None and len(calls) > 0
    content = wire.refusal or (None if is_silent else _text(wire, path))
    return Message(
        role=Role.ASSISTANT,
        content=content,
        reasoning=wire.reasoning_content,
        name=wire.name,
        tool_calls=calls,
    )


def _tool_turn(wire: ChatMessage, path: str) -> Message:
    if wire.tool_call_id is None:
        raise InvalidRequestError(
            worded(
                "chat.missing_parameter_tool_call",
                "Missing parameter 'tool_call_id': messages with role 'tool' must "
                "have a 'tool_call_id'.",
            ),
            code="missing_required_parameter",
            param=f"{path}.tool_call_id",
        )
    return Message(
        role=Role.TOOL, content=_text(wire, path), name=wire.name, tool_call_id=wire.tool_call_id
    )


def _function_turn(wire: ChatMessage, path: str, before: Message | None) -> Message:
    """Read the result of a call in the old form, which names the function and has no id."""
    calls = before.tool_calls if before is not None else ()
    answered = next((call.id for call in calls if call.name == wire.name), None)
    if answered is None:
        raise InvalidRequestError(
            worded(
                "chat.parameter_messages_role_function",
                "Invalid parameter: messages with role 'function' must have the "
                "'name' of the function that the message right before them calls.",
            ),
            code="invalid_value",
            param=f"{path}.name",
        )
    # A function may return nothing: unlike that of a tool, its content may be null.
    content = "" if wire.content is None else _text(wire, path)
    return Message(role=Role.TOOL, content=content, name=wire.name, tool_call_id=answered)


def _tool_call(wire: WireToolCall, path: str) -> ToolCall:
    if wire.type != "function" or wire.function is None:
        raise InvalidRequestError(
            worded(
                "chat.only_calls_functions_supported",
                "Only calls of functions are supported by this server.",
            ),
            code="unsupported_value",
            param=f"{path}.type",
        )
    return _call(wire.id, wire.function, f"{path}.function")


def _call(id: str, function: FunctionCall, path: str) -> ToolCall:
    check_arguments(function.arguments, f"{path}.arguments")
    return ToolCall(id=id, name=function.name, arguments=function.arguments)


def _text(wire: ChatMessage, path: str) -> str:
    if wire.content is None:
        raise InvalidRequestError(
            worded(
                "chat.value_content_expected_string",
                "Invalid value for 'content': expected a string, got null.",
            ),
            param=f"{path}.content",
        )
    if isinstance(wire.content, str):
        return wire.content
    parts = enumerate(wire.content)
    return "".join(_part_text(part, wire, f"{path}.content[{i}]") for i, part in parts)


def _part_text(part: ContentPart, wire: ChatMessage, path: str) -> str:
    if part.type == "text":
        return required(part.text, f"{path}.text")
    if part.type == "refusal":
        return required(part.refusal if wire.role == "assistant" else None, f"{path}.refusal")
    if part.type in IMAGE_PARTS:
        raise InvalidRequestError(
            worded(
                "chat.images_may_stand_only",
                "Images may stand only in messages of the user, not of the role '{role}'.",
                role=wire.role,
            ),
            code="invalid_value",
            param=f"{path}.type",
        )
    raise InvalidRequestError(
        worded(
            "chat.content_type_not_supported",
            "Content of type '{type}' is not supported by this server; send text.",
            type=part.type[:100],
        ),
        code="unsupported_value",
        param=f"{path}.type",
    )


def _check_tool_answers(turns: Sequence[Message]) -> None:
    """Check that every call is answered right after its turn, and that nothing else is."""
    open_calls: list[str] = []
    caller = 0
    for index, turn in enumerate(turns):
        if turn.role is Role.TOOL:
            if turn.tool_call_id not in open_calls:
                raise InvalidRequestError(
                    worded(
                        "chat.parameter_messages_role_tool",
                        "Invalid parameter: messages with role 'tool' must be a "
                        "response to a preceeding message with 'tool_calls'.",
                    ),
                    param=f"messages.[{index}].role",
                )
            open_calls.remove(turn.tool_call_id)
            continue
        _refuse_unanswered(open_calls, caller)
        open_calls = [call.id for call in turn.tool_calls]
        caller = index
    _refuse_unanswered(open_calls, caller)


def _refuse_unanswered(calls: Sequence[str], caller: int) -> None:
    if calls:
        raise InvalidRequestError(
            worded(
                "chat.assistant_message_tool_calls",
                "An assistant message with 'tool_calls' must be followed by tool "
                "messages responding to each 'tool_call_id'. The following "
                "tool_call_ids did not have response messages: {names}",
                names=", ".join(calls)[:500],
            ),
            param=f"messages.[{caller}].role",
        )
