"""What a decision is about: a text or items as the conversation that a model sees."""

import json
from collections.abc import Sequence
from typing import Any, Final, cast

from understudy.answering.required import required
from understudy.answering.responses.conversation import conversation_of
from understudy.answering.responses.input import InputContext, input_items
from understudy.answering.responses.sealed_reasoning import ReasoningSeal
from understudy.chat.messages import Message
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.schemas.decisions import DecisionContent, DecisionInput, DecisionItem, DecisionPart
from understudy.schemas.responses.request import InputItem, InputPart
from understudy.wording import worded

_MAX_JSON_BYTES = 256 * 1024
_MAX_VALUES = 10_000
_MAX_LEVELS = 32
_TYPES: Final = ("message", "function_call", "function_call_output")
# Nothing sealed is read here.
_NO_SEAL = ReasoningSeal(b"", "")


def messages_of(wire: DecisionInput, images: ImageSource) -> tuple[Message, ...]:
    """Return the turns of an input; blocks for its images.

    Raises InvalidRequestError with the path of what is wrong.
    """
    given = wire if isinstance(wire, str) else [_item(x, f"input[{i}]") for i, x in enumerate(wire)]
    context = InputContext(stored={}, seal=_NO_SEAL, images=images)
    return conversation_of(input_items(given, context), None, images)


def text_of(content: DecisionContent, path: str) -> str:
    """Return a content that can be text and JSON alone; raises InvalidRequestError."""
    if isinstance(content, str):
        return content
    parts = [_part(part, f"{path}[{at}]") for at, part in enumerate(content)]
    for at, part in enumerate(parts):
        if part.type != "input_text":
            raise InvalidRequestError(
                worded(
                    "chat.content_type_not_supported_2",
                    "Content of type '{type}' is not supported here by this server; "
                    "supported are: 'input_text' and 'input_json'. Show images in "
                    "the input.",
                    type=part.type[:100],
                ),
                code="unsupported_value",
                param=f"{path}[{at}].type",
            )
    texts = [required(part.text, f"{path}[{at}].text") for at, part in enumerate(parts)]
    return "\n".join(texts)


def _item(wire: DecisionItem, path: str) -> InputItem:
    if wire.type not in (None, *_TYPES):
        raise InvalidRequestError(
            worded(
                "chat.items_type_not_supported",
                "Items of type '{type}' are not supported by this server, whose "
                "models know functions only; supported are: {names}.",
                type=wire.type[:100],
                names=", ".join(map(repr, _TYPES)),
            ),
            code="unsupported_value",
            param=f"{path}.type",
        )
    return InputItem(
        type=wire.type,
        role=wire.role,
        content=_parts(wire.content, f"{path}.content"),
        phase=wire.phase,
        call_id=wire.call_id,
        name=wire.name,
        arguments=wire.arguments,
        output=_parts(wire.output, f"{path}.output"),
    )


def _parts(content: DecisionContent | None, path: str) -> str | list[InputPart] | None:
    if content is None or isinstance(content, str):
        return content
    return [_part(part, f"{path}[{at}]") for at, part in enumerate(content)]


def _part(wire: DecisionPart, path: str) -> InputPart:
    if wire.type == "input_json":
        return InputPart(type="input_text", text=_json_text(wire.data, f"{path}.data"))
    return InputPart(
        type=wire.type,
        text=wire.text,
        refusal=wire.refusal,
        image_url=wire.image_url,
        detail=wire.detail,
    )


def _json_text(data: Any, path: str) -> str:
    """Return the compact text of an object or of an array of objects."""
    if not _is_object_or_objects(required(data, path)):
        raise _invalid(path, "it must be an object or an array of objects")
    values, levels = _size(data)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    if levels > _MAX_LEVELS:
        raise _invalid(path, f"it has {levels} levels, and at most {_MAX_LEVELS} are read")
    if values > _MAX_VALUES:
        raise _invalid(path, f"it has {values} values, and at most {_MAX_VALUES} are read")
    if len(text.encode()) > _MAX_JSON_BYTES:
        raise _invalid(path, f"it is longer than {_MAX_JSON_BYTES // 1024} KiB")
    return text


def _is_object_or_objects(data: Any) -> bool:
    if isinstance(data, list):
        return all(isinstance(one, dict) for one in cast("list[Any]", data))
    return isinstance(data, dict)


def _size(data: Any) -> tuple[int, int]:
    """Return how many values there are, and how many levels of containers."""
    values, levels = 0, 0
    level: Sequence[Any] = [data]
    while level:
        values += len(level)
        containers = [one for one in level if isinstance(one, dict | list)]
        levels += bool(containers)
        level = [inner for one in containers for inner in _inside(one)]
    return values, levels


def _inside(container: Any) -> Sequence[Any]:
    if isinstance(container, dict):
        return list(cast("dict[str, Any]", container).values())
    return cast("list[Any]", container)


def _invalid(path: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "chat.wrong_value",
            "Invalid '{path}': {why}.",
            path=path,
            why=why,
        ),
        code="invalid_value",
        param=path,
    )
