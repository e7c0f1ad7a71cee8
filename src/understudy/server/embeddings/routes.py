"""Embeddings: texts as vectors, by the models that make them."""

import base64
import struct
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from understudy.answering.embedding.vectors import EmbeddingInputs, Vectors
from understudy.answering.required import required
from understudy.schemas.embeddings import (
    CreateEmbedding,
    EmbeddingList,
    EmbeddingObject,
    EmbeddingUsage,
)
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_answer, json_body, read_json
from understudy.server.http.streaming import unless_disconnected
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/embeddings")

_BODY_BYTES = 8 * 1024 * 1024


@router.post("", response_model=EmbeddingList, openapi_extra=json_body(CreateEmbedding))
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Response:
    """Return a vector for each input."""
    body = await read_json(request, CreateEmbedding, limit_bytes=_BODY_BYTES)
    model = services.embeddings.find(required(body.model, "model"))
    await run_in_threadpool(services.served.uses.note, services.database, project.id, [model.name])
    made = await unless_disconnected(request, model.embed(_inputs(body)))
    usage = services.usage_by(request, project.id, model.name)
    usage.add(prompt_tokens=made.tokens or 0)
    return json_answer(_list(made, model.name, is_packed=body.encoding_format == "base64"))


def _inputs(body: CreateEmbedding) -> EmbeddingInputs:
    given = required(body.input, "input")
    if isinstance(given, str):
        return EmbeddingInputs(texts=(given,), dimensions=body.dimensions)
    texts = tuple(one for one in given if isinstance(one, str))
    lists = tuple(tuple(one) for one in given if isinstance(one, list))
    alone = tuple(one for one in given if isinstance(one, int))
    tokens = (*lists, alone) if alone else lists
    return EmbeddingInputs(texts=texts, tokens=tokens, dimensions=body.dimensions)


def _list(made: Vectors, model: str, *, is_packed: bool) -> EmbeddingList:
    usage = None
    if made.tokens is not None:
        usage = EmbeddingUsage(prompt_tokens=made.tokens, total_tokens=made.tokens)
    return EmbeddingList(
        data=[
            EmbeddingObject(index=index, embedding=_packed(vector) if is_packed else vector)
            for index, vector in enumerate(made.vectors)
        ],
        model=model,
        usage=usage,
    )


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
