"""The content of a message as users write it: a text, or parts of which some may be images."""

from typing import Annotated, Any, NamedTuple, cast

from pydantic import BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError, PydanticKnownError

from understudy.chat.messages import ImageDetail
from understudy.data.images.sources import ImageReference

# The key under which a part of each type says where its image stands.
_ADDRESSES = {"image_url": "url", "image_file": "file_id"}
# What the official client may write into a part that says nothing about its content.
_HINTS = ("prompt_cache_breakpoint",)


class Illustrated(NamedTuple):
    """The content of a user's message that holds images; what they show is not looked at here."""

    parts: tuple[str | ImageReference, ...]
    """Texts and images in their order."""

    @property
    def text(self) -> str:
        """The texts alone."""
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[ImageReference, ...]:
        """The images alone."""
        return tuple(part for part in self.parts if isinstance(part, ImageReference))


def _user_content(value: Any) -> str | Illustrated:
    if type(value) is str:
        return value
    if not isinstance(value, list):
        raise PydanticKnownError("string_type")
    parts = tuple(_part(part) for part in cast("list[Any]", value))
    illustrated = Illustrated(parts)
    return illustrated if illustrated.images else illustrated.text


def _part(part: Any) -> str | ImageReference:
    if isinstance(part, dict) and _is_image(cast("dict[str, Any]", part)):
        return _image(cast("dict[str, Any]", part))
    return _text_of_part(part)


def _joined_text(value: Any) -> Any:
    """Turn a list of text parts into one string; leave anything else to the type check."""
    if not isinstance(value, list):
        return value
    return "".join(map(_text_of_part, cast("list[Any]", value)))


def _joined_answer(value: Any) -> Any:
    """Turn a list of an assistant's parts into one string: a refusal is what it says, too."""
    if not isinstance(value, list):
        return value
    return "".join(map(_text_of_answer, cast("list[Any]", value)))


def _text_of_answer(part: Any) -> str:
    match part:
        case {"type": "refusal", "refusal": str(refusal)} if len(part) == 2:
            return refusal
        case _:
            return _text_of_part(part)


def _text_of_part(part: Any) -> str:
    written = cast("dict[str, Any]", part if isinstance(part, dict) else {})
    kind, text = written.get("type"), written.get("text")
    if _is_image(written):
        raise PydanticCustomError("part", "images may stand only in what the user says")
    if kind != "text":
        shown = {"kind": repr(kind)[:40]}
        raise PydanticCustomError(
            "part",
            "content part of type {kind} is not supported; leave it out, or write what it says as "
            "a part of type 'text'",
            shown,
        )
    if not isinstance(text, str) or not written.keys() <= {"type", "text", *_HINTS}:
        raise PydanticCustomError("part", 'a text part holds "type" and "text" and no more')
    return text


def _is_image(part: dict[str, Any]) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and kind in _ADDRESSES


def _image(part: dict[str, Any]) -> ImageReference:
    kind = part["type"]
    key, written = _ADDRESSES[kind], part.get(kind)
    inner = cast("dict[str, Any]", written if isinstance(written, dict) else {})
    is_more = not part.keys() <= {"type", kind, *_HINTS}
    if is_more or not isinstance(written, dict) or not inner.keys() <= {key, "detail"}:
        raise PydanticCustomError(
            "part",
            'an image part holds "type" and "{kind}", which holds "{key}" and "detail"',
            {"kind": kind, "key": key},
        )
    address, detail = inner.get(key), inner.get("detail")
    if not isinstance(address, str):
        raise PydanticCustomError("part", 'the "{key}" of an image must be a string', {"key": key})
    if detail is not None and detail not in tuple(ImageDetail):
        raise PydanticCustomError("part", 'the "detail" of an image must be low, high or auto')
    return ImageReference(
        address=address,
        is_file=kind == "image_file",
        detail=ImageDetail.AUTO if detail is None else ImageDetail(detail),
    )


Text = Annotated[str, BeforeValidator(_joined_text)]
AnswerText = Annotated[str, BeforeValidator(_joined_answer)]
UserContent = Annotated[str | Illustrated, PlainValidator(_user_content)]
