"""Embeddings: texts as vectors."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import Discriminator, Field, Tag

from understudy.schemas.base import PositiveNumber, TolerantRequest, WholeNumber, WireObject

MAX_INPUTS = 2048
_Text = Annotated[str, Field(min_length=1)]
_TokenId = WholeNumber
_TokenIds = Annotated[list[_TokenId], Field(min_length=1, max_length=MAX_INPUTS)]


def _kind_of_input(value: object) -> str:
    if not isinstance(value, list):
        return "<text>"
    first = cast(list[Any], value)[0] if value else ""
    if isinstance(first, list):
        return "<token lists>"
    return "<tokens>" if isinstance(first, int) else "<texts>"


EmbeddingInput = Annotated[
    Annotated[_Text, Tag("<text>")]
    | Annotated[list[_Text], Field(min_length=1, max_length=MAX_INPUTS), Tag("<texts>")]
    | Annotated[_TokenIds, Tag("<tokens>")]
    | Annotated[list[_TokenIds], Field(max_length=MAX_INPUTS), Tag("<token lists>")],
    Discriminator(_kind_of_input),
]


class CreateEmbedding(TolerantRequest):
    """The request for the vectors of some texts. Null means the same as an absent field."""

    model: str | None = None
    input: EmbeddingInput | None = None
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: PositiveNumber | None = None
    # Says something about the caller; the answer is the same with and without.
    user: str | None = None


class EmbeddingObject(WireObject):
    """The vector of one input."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: Sequence[float] | str
    """Numbers, or with `base64` the bytes of little-endian float32."""


class EmbeddingUsage(WireObject):
    """Tokens that were read."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(WireObject):
    """The vectors of all inputs, in their order."""

    object: Literal["list"] = "list"
    data: Sequence[EmbeddingObject]
    model: str
    usage: EmbeddingUsage | None
    """Null where a remote server did not say what it read."""
