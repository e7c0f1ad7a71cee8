"""The HTTP API as an OpenAPI document, from which the dashboard's types are generated."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from understudy.data.report.report import Report
from understudy.schemas.admin.keys import CreateApiKey
from understudy.schemas.bases.bases import AddBase
from understudy.schemas.batches import CreateBatch
from understudy.schemas.decisions import CreateDecision
from understudy.schemas.distillations import CreateDistillation
from understudy.schemas.embeddings import CreateEmbedding
from understudy.schemas.errors import ErrorEnvelope
from understudy.schemas.evals.imports import ImportEval, ImportRun
from understudy.schemas.evals.pairs import MakePairs
from understudy.schemas.evals.report_cards import RemakeReport
from understudy.schemas.exports import CreateExport
from understudy.schemas.files.edits import EditFile
from understudy.schemas.files.repairs import RepairFile
from understudy.schemas.files.splits import SplitFile
from understudy.schemas.files.uploads import CompleteUpload, CreateUpload
from understudy.schemas.fine_tuning.jobs import CreateFineTuningJob
from understudy.schemas.fine_tuning.permissions import CreatePermissions
from understudy.schemas.fine_tuning.screenings import MarkLines
from understudy.schemas.history import PutHistory
from understudy.schemas.logs import ImportLog
from understudy.schemas.models import PutModelAlias
from understudy.schemas.moderations import CreateModeration
from understudy.schemas.releases import PutSystemPrompt, ReleaseModel
from understudy.schemas.shadows import PutAnswers, PutShadow
from understudy.schemas.webhooks import (
    ChangeWebhookEndpoint,
    CreateWebhookEndpoint,
    RotateWebhookSecret,
    TestWebhookEndpoint,
)
from understudy.server.app import add_routes

# Bodies are read by our own strict reader, so FastAPI does not know of these.
_BODIES = (
    AddBase,
    ChangeWebhookEndpoint,
    CompleteUpload,
    CreateApiKey,
    CreateBatch,
    CreateDecision,
    CreateDistillation,
    CreateEmbedding,
    CreateExport,
    CreateFineTuningJob,
    CreatePermissions,
    CreateWebhookEndpoint,
    CreateUpload,
    CreateModeration,
    EditFile,
    ErrorEnvelope,
    ImportEval,
    ImportLog,
    ImportRun,
    MakePairs,
    MarkLines,
    PutAnswers,
    PutHistory,
    PutModelAlias,
    PutSystemPrompt,
    ReleaseModel,
    RemakeReport,
    PutShadow,
    RepairFile,
    RotateWebhookSecret,
    SplitFile,
    TestWebhookEndpoint,
)


def openapi_document() -> dict[str, Any]:
    """Return the document; it is the same for every home."""
    app = FastAPI(title="Understudy", version="1")
    add_routes(app)
    document = app.openapi()
    _, definitions = models_json_schema(
        [(body, "validation") for body in _BODIES], ref_template="#/components/schemas/{model}"
    )
    schemas = document["components"]["schemas"]
    schemas.update(definitions["$defs"])
    _describe_report(schemas)
    # Every error leaves in our envelope; FastAPI's own form of it never does.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _ERROR
    return document


def _describe_report(schemas: dict[str, Any]) -> None:
    """Say what stands in a file's report: `schemas` lies below `data` and cannot know it."""
    report = TypeAdapter(Report).json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    schemas.update(report.pop("$defs"))
    report["properties"]["is_clean"] = {"type": "boolean", "title": "Is Clean"}
    report["required"].append("is_clean")
    schemas["Report"] = report
    schemas["FileReport"]["properties"]["report"] = {"$ref": "#/components/schemas/Report"}


_ERROR = {
    "description": "What went wrong, in OpenAI's envelope.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}},
}
