"""What a sentence of an answer says in a code and values, beside its English text."""

from typing import Annotated, Any

from pydantic import Field

from understudy.schemas.base import WireObject
from understudy.wording import wording_of


class Wording(WireObject):
    """A sentence without its words; values that are sentences themselves have the same shape."""

    code: str
    values: dict[str, Any]


WordingField = Annotated[Wording | None, Field(exclude_if=lambda wording: wording is None)]
"""Left out where nobody knows what a text says: it is shown as it is in every language."""


def wording_object(text: str | None) -> Wording | None:
    """Write what a text says, if it is a sentence that knows."""
    return stored_wording(wording_of(text))


def stored_wording(stored: dict[str, Any] | None) -> Wording | None:
    """Write what `wording.Sentence.to_json` kept."""
    return None if stored is None else Wording.model_validate(stored)
