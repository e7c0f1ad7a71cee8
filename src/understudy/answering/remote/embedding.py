"""Vectors that a remote model makes."""

from typing import Any

from pydantic import ValidationError

from understudy.answering.embedding.vectors import EmbeddingInputs, Vectors
from understudy.answering.remote.faults import invalid_answer, other_model
from understudy.answering.remote.generation import why_invalid
from understudy.answering.remote.model import RemoteModel
from understudy.answering.remote.wire import ReadEmbeddings

_PATH = "/embeddings"
# Clients get float32.
_MAX_NUMBER = 3e38


async def embed_remotely(model: RemoteModel, inputs: EmbeddingInputs) -> Vectors:
    """Return a vector for each input. Raises an UnderstudyError of `faults`."""
    endpoint = model.endpoint
    body: dict[str, Any] = {
        "model": endpoint.model,
        "input": list(inputs.texts) or [list(ids) for ids in inputs.tokens],
        "encoding_format": "float",
    }
    if inputs.dimensions is not None:
        body["dimensions"] = inputs.dimensions
    whole = await model.connection.whole(_PATH, body, answer_tokens=0)
    try:
        answer = ReadEmbeddings.model_validate_json(whole.content)
    except ValidationError as error:
        raise invalid_answer(endpoint, why_invalid(error)) from None
    if answer.model and not endpoint.is_answered_by(answer.model):
        raise other_model(endpoint, answer.model)
    by_place = {one.index: one.embedding for one in answer.data}
    if sorted(by_place) != list(range(inputs.count)) or len(answer.data) != inputs.count:
        raise invalid_answer(
            endpoint, f"it has {len(answer.data)} vectors for {inputs.count} inputs"
        )
    vectors = [by_place[place] for place in range(inputs.count)]
    sizes = {len(vector) for vector in vectors}
    if (
        len(sizes) != 1
        or sizes == {0}
        or not all(abs(x) <= _MAX_NUMBER for v in vectors for x in v)
    ):
        raise invalid_answer(endpoint, "its vectors differ in length or are no numbers")
    if inputs.dimensions not in (None, *sizes):
        raise invalid_answer(
            endpoint, f"its vectors have {sizes.pop()} numbers, not {inputs.dimensions}"
        )
    if answer.usage is not None:
        whole.spent.tokens = answer.usage.prompt_tokens
    return Vectors(
        vectors=vectors, tokens=None if answer.usage is None else answer.usage.prompt_tokens
    )
