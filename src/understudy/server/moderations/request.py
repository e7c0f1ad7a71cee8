"""What a moderation request gives to be judged."""

from collections.abc import Sequence
from typing import Any, cast

from understudy.chat.messages import Message, Role
from understudy.errors import InvalidRequestError
from understudy.schemas.moderations import CreateModeration

_MAX_INPUTS = 128


def inputs_of(body: CreateModeration) -> list[Message]:
    """Return each text that is judged; parts make one text together.

    Raises InvalidRequestError about `input` for what cannot be judged.
    """
    given = body.input
    if given is None:
        raise InvalidRequestError(
            "Missing required parameter: 'input'.", code="missing_required_parameter", param="input"
        )
    if isinstance(given, str):
        return [_message(given, "input")]
    if not given:
        raise _invalid("input", "is an empty list; give at least one text")
    if len(given) > _MAX_INPUTS:
        raise _invalid("input", f"has {len(given)} entries, at most {_MAX_INPUTS} are judged")
    texts = [one for one in given if isinstance(one, str)]
    if len(texts) == len(given):
        return [_message(text, f"input[{index}]") for index, text in enumerate(texts)]
    if texts:
        raise _invalid("input", "mixes texts and parts; give either")
    return [_message("\n".join(_texts_of_parts(given)), "input")]


def _texts_of_parts(given: Sequence[Any]) -> list[str]:
    texts: list[str] = []
    for index, found in enumerate(given):
        place = f"input[{index}]"
        if not isinstance(found, dict):
            raise _invalid(place, "must be a text or a part of one")
        part = cast("dict[str, Any]", found)
        kind = part.get("type")
        if kind == "image_url":
            raise InvalidRequestError(
                f"'{place}' is an image, and the moderation model of this server reads no images; "
                "it was not judged. Send the text parts alone.",
                code="unsupported_input",
                param=place,
            )
        if kind != "text":
            raise _invalid(f"{place}.type", "must be 'text'")
        text = part.get("text")
        if not isinstance(text, str) or set(part) != {"type", "text"}:
            raise _invalid(place, "must have a text under 'text', and nothing else")
        texts.append(text)
    return texts


def _message(text: str, place: str) -> Message:
    if not text.strip():
        raise _invalid(place, "is empty; there is nothing to judge")
    return Message(role=Role.USER, content=text)


def _invalid(place: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Invalid value: '{place}' {why}.", code="invalid_value", param=place
    )
