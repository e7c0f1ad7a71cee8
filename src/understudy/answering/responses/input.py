"""The input of a Responses request as items, each checked and with an id of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from understudy.answering.call_arguments import check_arguments
from understudy.answering.required import required
from understudy.answering.responses.references import is_reference, referenced
from understudy.answering.responses.sealed_reasoning import ReasoningSeal, UnreadableSealError
from understudy.answering.shown_images import NOT_HERE, reference_of, shown_image
from understudy.data.images.addresses import kept_url
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.ids import hex_id
from understudy.schemas.responses.items import (
    CompactionItem,
    FunctionCallItem,
    FunctionCallOutputItem,
    InputImage,
    InputText,
    Item,
    MessageItem,
    MessagePart,
    OutputText,
    ReasoningItem,
    ReasoningText,
    RefusalPart,
    SummaryText,
)
from understudy.schemas.responses.request import Input, InputItem, InputPart
from understudy.wording import worded

_ROLES = ("user", "assistant", "system", "developer")
_SUPPORTED = {
    "assistant": "'output_text' and 'refusal'",
    "user": "'input_text' and 'input_image'",
}


@dataclass(frozen=True, kw_only=True)
class InputContext:
    """What items may refer to that is not in the request."""

    stored: Mapping[str, Item]
    """The items that stand in the project's responses, as far as the input names their ids."""
    seal: ReasoningSeal
    images: ImageSource = NOT_HERE


def input_items(wire: Input | None, context: InputContext) -> tuple[Item, ...]:
    """Return the items of an input; blocks for its images.

    Raises InvalidRequestError with the path of what is wrong, and NotFoundError for an item that
    is referred to and is not there.
    """
    if wire is None:
        return ()
    if isinstance(wire, str):
        text = InputText(text=wire)
        message = MessageItem(id=hex_id("msg_"), status="completed", role="user", content=[text])
        return (message,)
    return tuple(_item(item, f"input[{i}]", context) for i, item in enumerate(wire))


def _item(wire: InputItem, path: str, context: InputContext) -> Item:
    if is_reference(wire):
        return referenced(required(wire.id, f"{path}.id"), context.stored)
    match wire.type:
        case None | "message":
            return _message(wire, path, context.images)
        case "function_call":
            return _call(wire, path)
        case "function_call_output":
            return _call_output(wire, path)
        case "reasoning":
            return _reasoning(wire, path, context.seal)
        case "compaction":
            return _compaction(wire, path, context.seal)
        case _:
            raise InvalidRequestError(
                worded(
                    "chat.items_type_not_supported_2",
                    "Items of type '{type}' are not supported by this server; "
                    "supported are: 'message', 'function_call', "
                    "'function_call_output', 'reasoning', 'compaction' and "
                    "'item_reference'.",
                    type=wire.type[:100],
                ),
                code="unsupported_value",
                param=f"{path}.type",
            )


def _message(wire: InputItem, path: str, images: ImageSource) -> MessageItem:
    role = required(wire.role, f"{path}.role")
    if role not in _ROLES:
        raise InvalidRequestError(
            worded(
                "chat.value_role_supported_values",
                "Invalid value for '{path}.role': '{role}'. Supported values are: "
                "'user', 'assistant', 'system' and 'developer'.",
                path=path,
                role=role[:100],
            ),
            code="invalid_value",
            param=f"{path}.role",
        )
    content = required(wire.content, f"{path}.content")
    parts = [InputPart(type="", text=content)] if isinstance(content, str) else content
    return MessageItem(
        id=wire.id or hex_id("msg_"),
        status="completed",
        role=role,
        content=[
            _image(part, f"{path}.content[{i}]", images)
            if part.type == "input_image" and role == "user"
            else _part(part, f"{path}.content[{i}]", role)
            for i, part in enumerate(parts)
        ],
        phase=wire.phase,
    )


def _image(wire: InputPart, path: str, images: ImageSource) -> InputImage:
    reference = reference_of(path, url=wire.image_url, file_id=wire.file_id, detail=wire.detail)
    image = shown_image(images, reference, path)
    return InputImage(
        detail=wire.detail or "auto", image_url=kept_url(image.sha256), file_id=wire.file_id
    )


def _part(wire: InputPart, path: str, role: str) -> MessagePart:
    is_assistant = role == "assistant"
    # A text in place of parts is one of whichever kind its role writes.
    kind = wire.type or ("output_text" if is_assistant else "input_text")
    if kind == "refusal" and is_assistant:
        return RefusalPart(refusal=required(wire.refusal, f"{path}.refusal"))
    if kind == "output_text" and is_assistant:
        return OutputText(text=required(wire.text, f"{path}.text"))
    if kind == "input_text" and not is_assistant:
        return InputText(text=required(wire.text, f"{path}.text"))
    supported = _SUPPORTED.get(role, "'input_text'")
    raise InvalidRequestError(
        worded(
            "chat.content_type_not_supported_4",
            "Content of type '{kind}' is not supported here by this server; "
            "supported are: {supported}.",
            kind=kind[:100],
            supported=supported,
        ),
        code="unsupported_value",
        param=f"{path}.type",
    )


def _call(wire: InputItem, path: str) -> FunctionCallItem:
    arguments = required(wire.arguments, f"{path}.arguments")
    check_arguments(arguments, f"{path}.arguments")
    return FunctionCallItem(
        id=wire.id or hex_id("fc_"),
        status="completed",
        call_id=required(wire.call_id, f"{path}.call_id"),
        name=required(wire.name, f"{path}.name"),
        arguments=arguments,
    )


def _call_output(wire: InputItem, path: str) -> FunctionCallOutputItem:
    output = required(wire.output, f"{path}.output")
    if not isinstance(output, str):
        output = [_output_part(part, f"{path}.output[{i}]") for i, part in enumerate(output)]
    return FunctionCallOutputItem(
        id=wire.id or hex_id("fco_"),
        status="completed",
        call_id=required(wire.call_id, f"{path}.call_id"),
        output=output,
    )


def _output_part(wire: InputPart, path: str) -> InputText:
    if wire.type != "input_text":
        raise InvalidRequestError(
            worded(
                "chat.content_type_not_supported_3",
                "Content of type '{type}' is not supported here by this server; "
                "supported are: 'input_text'.",
                type=wire.type[:100],
            ),
            code="unsupported_value",
            param=f"{path}.type",
        )
    return InputText(text=required(wire.text, f"{path}.text"))


def _reasoning(wire: InputItem, path: str, seal: ReasoningSeal) -> ReasoningItem:
    content = wire.content
    parts = [] if content is None or isinstance(content, str) else content
    if wire.encrypted_content is not None and not parts:
        text = _unsealed(wire.encrypted_content, f"{path}.encrypted_content", seal)
        parts = [InputPart(type="reasoning_text", text=text)]
    return ReasoningItem(
        id=wire.id or hex_id("rs_"),
        status="completed",
        summary=[SummaryText(text=part.text or "") for part in wire.summary or ()],
        content=[
            ReasoningText(text=required(part.text, f"{path}.content[{i}].text"))
            for i, part in enumerate(parts)
        ],
    )


def _compaction(wire: InputItem, path: str, seal: ReasoningSeal) -> CompactionItem:
    path = f"{path}.encrypted_content"
    sealed = required(wire.encrypted_content, path)
    summary = _unsealed(sealed, path, seal)
    return CompactionItem(id=wire.id or hex_id("cmp_"), encrypted_content=sealed, content=summary)


def _unsealed(sealed: str, path: str, seal: ReasoningSeal) -> str:
    try:
        return seal.open(sealed)
    except UnreadableSealError as error:
        raise InvalidRequestError(
            worded(
                "chat.encrypted_content_could_not",
                "The encrypted content could not be verified: it was not made by "
                "this server for this project, or was changed since. Leave the item "
                "out.",
            ),
            code="invalid_encrypted_content",
            param=path,
        ) from error
