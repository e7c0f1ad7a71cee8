"""Vectors that an embedding model of this server makes: tokens here, states in the engine."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer

from understudy.answering.embedding.vectors import EmbeddingInputs, Vectors
from understudy.errors import InvalidRequestError, UnavailableError
from understudy.inference.client import EngineClient
from understudy.registry.embedders import (
    EmbedderShape,
    InvalidEmbedderError,
    LocalEmbedder,
    read_shape,
)

# Requests take turns in the engine: none of them holds it for long.
_AT_ONCE = 32


@dataclass(frozen=True, kw_only=True)
class EngineEmbedder:
    """An embedding model of this server."""

    embedder: LocalEmbedder
    engine: EngineClient

    @property
    def name(self) -> str:
        """The name that answers carry."""
        return self.embedder.name

    async def embed(self, inputs: EmbeddingInputs) -> Vectors:
        """Return a vector for each text.

        Raises InvalidRequestError for what this model cannot do, and what `EngineClient.embed`
        raises.
        """
        read = await asyncio.to_thread(_read, self.embedder, inputs)
        vectors: list[list[float]] = []
        for start in range(0, len(read), _AT_ONCE):
            some = read[start : start + _AT_ONCE]
            vectors += await self.engine.embed(str(self.embedder.directory), some)
        return Vectors(vectors=vectors, tokens=sum(map(len, read)))


class _Reader(NamedTuple):
    tokenizer: Tokenizer
    shape: EmbedderShape


def _read(embedder: LocalEmbedder, inputs: EmbeddingInputs) -> list[list[int]]:
    """Return the tokens of every text."""
    try:
        tokenizer, shape = _reader(embedder.directory, embedder.created)
    except InvalidEmbedderError as error:
        raise UnavailableError(
            f"The embedding model `{embedder.name}` cannot be used: {error.message}"
        ) from error
    if inputs.tokens:
        raise InvalidRequestError(
            f"Token IDs are those of one model's tokenizer, and clients send those of OpenAI's; "
            f"`{embedder.name}` has a tokenizer of its own. Send the texts (in LangChain: "
            "check_embedding_ctx_length=False).",
            code="unsupported_value",
            param="input",
        )
    if inputs.dimensions not in (None, shape.dimensions):
        raise InvalidRequestError(
            f"The vectors of `{embedder.name}` have {shape.dimensions} dimensions and cannot be "
            "shortened; leave 'dimensions' out.",
            code="invalid_value",
            param="dimensions",
        )
    read = [encoded.ids for encoded in tokenizer.encode_batch(list(inputs.texts))]
    for place, ids in enumerate(read):
        if len(ids) > shape.max_tokens:
            raise InvalidRequestError(
                f"The maximum length of a text for `{embedder.name}` is {shape.max_tokens} "
                f"tokens, but text {place} has {len(ids)}; shorten it or divide it.",
                code="context_length_exceeded",
                param="input",
            )
    return read


@lru_cache(maxsize=4)
def _reader(directory: Path, _created: int) -> _Reader:
    """Return how a model reads texts; read again when its files are newer."""
    shape = read_shape(directory)
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    # What is too long is refused, never cut.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return _Reader(tokenizer, shape)
