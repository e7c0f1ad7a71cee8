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
from understudy.wording import worded

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
            worded(
                "chat.embedding_model_cannot_used",
                "The embedding model `{name}` cannot be used: {message}",
                name=embedder.name,
                message=error.message,
            )
        ) from error
    if inputs.tokens:
        raise InvalidRequestError(
            worded(
                "chat.token_ids_those_one",
                "Token IDs are those of one model's tokenizer, and clients send "
                "those of OpenAI's; `{name}` has a tokenizer of its own. Send the "
                "texts (in LangChain: check_embedding_ctx_length=False).",
                name=embedder.name,
            ),
            code="unsupported_value",
            param="input",
        )
    if inputs.dimensions not in (None, shape.dimensions):
        raise InvalidRequestError(
            worded(
                "chat.vectors_dimensions_cannot_shortened",
                "The vectors of `{name}` have {dimensions} dimensions and cannot be "
                "shortened; leave 'dimensions' out.",
                name=embedder.name,
                dimensions=shape.dimensions,
            ),
            code="invalid_value",
            param="dimensions",
        )
    read = [encoded.ids for encoded in tokenizer.encode_batch(list(inputs.texts))]
    for place, ids in enumerate(read):
        if len(ids) > shape.max_tokens:
            raise InvalidRequestError(
                worded(
                    "chat.maximum_length_text_tokens",
                    "The maximum length of a text for `{name}` is {max_tokens} "
                    "tokens, but text {place} has {ids}; shorten it or divide it.",
                    name=embedder.name,
                    max_tokens=shape.max_tokens,
                    place=place,
                    ids=len(ids),
                ),
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
