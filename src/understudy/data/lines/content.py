"""The content of a message as users write it: a text, or parts of which some may be images."""

from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError, PydanticKnownError

Detail = Literal["auto", "low", "high"]


class WrittenImage(NamedTuple):
    """An image part; what it shows is not looked at here."""

    offset: int
    """Characters of the message's text before it."""
    url: str
    detail: Detail


class Illustrated(NamedTuple):
    """The content of a user's message that holds images."""

    text: str
    images: tuple[WrittenImage, ...]


def _user_content(value: Any) -> str | Illustrated:
    if type(value) is str:
        return value
    if not isinstance(value, list):
        raise PydanticKnownError("string_type")
    text = ""
    images: list[WrittenImage] = []
    for part in cast("list[Any]", value):
        if isinstance(part, dict) and cast("dict[str, Any]", part).get("type") == "image_url":
            images.append(_image(cast("dict[str, Any]", part), len(text)))
        else:
            text += _text_of_part(part)
    return Illustrated(text, tuple(images)) if images else text


def _joined_text(value: Any) -> Any:
    """Turn a list of text parts into one string; leave anything else to the type check."""
    if not isinstance(value, list):
        return value
    return "".join(_text_of_part(part) for part in cast("list[Any]", value))


def _text_of_part(part: Any) -> str:
    written = cast("dict[str, Any]", part if isinstance(part, dict) else {})
    kind, text = written.get("type"), written.get("text")
    if kind == "image_url":
        raise PydanticCustomError("part", "images may stand only in what the user says")
    if kind != "text":
        shown = {"kind": repr(kind)[:40]}
        raise PydanticCustomError("part", "content part of type {kind} is not supported", shown)
    if not isinstance(text, str) or len(written) != 2:
        raise PydanticCustomError("part", 'a text part holds "type" and "text" and no more')
    return text


def _image(part: dict[str, Any], offset: int) -> WrittenImage:
    written = part.get("image_url")
    inner = cast("dict[str, Any]", written if isinstance(written, dict) else {})
    if len(part) != 2 or not isinstance(written, dict) or not inner.keys() <= {"url", "detail"}:
        raise PydanticCustomError(
            "part", 'an image part holds "type" and "image_url", which holds "url" and "detail"'
        )
    url, detail = inner.get("url"), inner.get("detail")
    if not isinstance(url, str):
        raise PydanticCustomError("part", 'the "url" of an image must be a string')
    if detail is None:
        return WrittenImage(offset, url, "auto")
    if detail not in ("auto", "low", "high"):
        raise PydanticCustomError("part", 'the "detail" of an image must be low, high or auto')
    return WrittenImage(offset, url, detail)


Text = Annotated[str, BeforeValidator(_joined_text)]
UserContent = Annotated[str | Illustrated, PlainValidator(_user_content)]
