"""What a moderation request gives to be judged."""

from collections.abc import Sequence
from typing import Any, cast

from understudy.answering.shown_images import reference_of, shown_image
from understudy.chat.messages import Image, Message, Role
from understudy.data.images.sources import ImageSource
from understudy.errors import InvalidRequestError
from understudy.schemas.moderations import CreateModeration
from understudy.wording import worded

_MAX_INPUTS = 128


def first_image(body: CreateModeration) -> str | None:
    """Return the place of the first image part, or None without one."""
    parts = body.input if isinstance(body.input, list) else []
    for index, part in enumerate(parts):
        if isinstance(part, dict) and cast("dict[str, Any]", part).get("type") == "image_url":
            return f"input[{index}]"
    return None


def inputs_of(body: CreateModeration, images: ImageSource) -> list[Message]:
    """Return each message that is judged; parts make one together. Blocks for images.

    Raises InvalidRequestError about `input` for what cannot be judged.
    """
    given = body.input
    if given is None:
        raise InvalidRequestError(
            worded(
                "chat.missing_required_parameter_input",
                "Missing required parameter: 'input'.",
            ),
            code="missing_required_parameter",
            param="input",
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
    parts = _parts(given, images)
    text = "\n".join(part for part in parts if isinstance(part, str))
    if all(isinstance(part, str) for part in parts):
        return [_message(text, "input")]
    return [Message(role=Role.USER, content=text, parts=parts)]


def _parts(given: Sequence[Any], images: ImageSource) -> tuple[str | Image, ...]:
    parts: list[str | Image] = []
    for index, found in enumerate(given):
        place = f"input[{index}]"
        if not isinstance(found, dict):
            raise _invalid(place, "must be a text or a part of one")
        part = cast("dict[str, Any]", found)
        kind = part.get("type")
        if kind == "image_url":
            parts.append(_image(part, f"{place}.image_url", images))
            continue
        if kind != "text":
            raise _invalid(f"{place}.type", "must be 'text' or 'image_url'")
        text = part.get("text")
        if not isinstance(text, str) or set(part) != {"type", "text"}:
            raise _invalid(place, "must have a text under 'text', and nothing else")
        parts.append(text)
    return tuple(parts)


def _image(part: dict[str, Any], place: str, images: ImageSource) -> Image:
    shown = part.get("image_url")
    url = cast("dict[str, Any]", shown).get("url") if isinstance(shown, dict) else None
    if (
        not isinstance(url, str)
        or set(part) != {"type", "image_url"}
        or set(shown or ()) != {"url"}
    ):
        raise _invalid(place, "must have a data or https URL under 'url', and nothing else")
    reference = reference_of(place, url=url, file_id=None, detail=None)
    return shown_image(images, reference, place)


def _message(text: str, place: str) -> Message:
    if not text.strip():
        raise _invalid(place, "is empty; there is nothing to judge")
    return Message(role=Role.USER, content=text)


def _invalid(place: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "chat.value",
            "Invalid value: '{place}' {why}.",
            place=place,
            why=why,
        ),
        code="invalid_value",
        param=place,
    )
