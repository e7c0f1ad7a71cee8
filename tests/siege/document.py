"""The API as one document with a body for every operation that takes one."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from understudy.schemas.chat.request import CreateChatCompletion
from understudy.schemas.chat.stored import UpdateStoredChatCompletion
from understudy.schemas.completions import CreateCompletion
from understudy.schemas.evals.evals import CreateEval, UpdateEval
from understudy.schemas.evals.grader_runs import RunGrader, ValidateGrader
from understudy.schemas.evals.runs import CreateEvalRun
from understudy.schemas.fine_tuning.jobs import CreateFineTuningJob
from understudy.schemas.responses.request import (
    CompactConversation,
    CreateResponse,
    InputTokensRequest,
)

_OPENAPI = Path(__file__).parents[2] / "openapi.json"
# openapi.json leaves out what OpenAI's own document says already.
BODIES = {
    "/v1/chat/completions": CreateChatCompletion,
    "/v1/chat/completions/{completion_id}": UpdateStoredChatCompletion,
    "/v1/completions": CreateCompletion,
    "/v1/evals": CreateEval,
    "/v1/evals/{eval_id}": UpdateEval,
    "/v1/evals/{eval_id}/runs": CreateEvalRun,
    "/v1/fine_tuning/alpha/graders/run": RunGrader,
    "/v1/fine_tuning/alpha/graders/validate": ValidateGrader,
    "/v1/fine_tuning/jobs": CreateFineTuningJob,
    "/v1/responses": CreateResponse,
    "/v1/responses/compact": CompactConversation,
    "/v1/responses/input_tokens": InputTokensRequest,
}
_TEXT = {"type": "string"}
_FORMS = {
    "/v1/files": {"file": {"type": "string", "format": "binary"}, "purpose": _TEXT},
    "/v1/uploads/{upload_id}/parts": {"data": {"type": "string", "format": "binary"}},
}
METHODS = ("get", "post", "put", "delete")


@cache
def whole_document() -> dict[str, Any]:
    """Return openapi.json with the bodies that it leaves to OpenAI's document."""
    return with_bodies(json.loads(_OPENAPI.read_text()))


def with_bodies(document: dict[str, Any]) -> dict[str, Any]:
    """Add the bodies that openapi.json leaves to OpenAI's document."""
    kinds = [(model, "validation") for model in dict.fromkeys(BODIES.values())]
    references, definitions = models_json_schema(
        kinds, ref_template="#/components/schemas/Whole{model}"
    )
    named = {f"Whole{name}": schema for name, schema in definitions["$defs"].items()}
    document["components"]["schemas"] |= named
    for path, model in BODIES.items():
        _give_body(document, path, "application/json", references[model, "validation"])
    for path, fields in _FORMS.items():
        form = {"type": "object", "properties": fields, "required": [*fields]}
        _give_body(document, path, "multipart/form-data", form)
    return document


def _give_body(document: Any, path: str, kind: str, schema: Any) -> None:
    body = {"required": True, "content": {kind: {"schema": schema}}}
    document["paths"][path]["post"]["requestBody"] = body
