"""Our own route below /v1/x/ that stores the calls of another program's log as completions."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.logs import ImportLog, LogImport
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.logs import service
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/chat/completions")

_BODY_BYTES = 64 * 1024


@router.post("/import", openapi_extra=json_body(ImportLog))
async def import_(request: Request, services: ServicesDep, project: CurrentProject) -> LogImport:
    """Store the calls of an uploaded log: pairs of request and response, LiteLLM's, or spans."""
    body = await read_json(request, ImportLog, limit_bytes=_BODY_BYTES)
    days = services.answers_of(project.name).days
    return await run_in_threadpool(
        service.import_log,
        *(services.database, services.blobs, project.id, body),
        days=days,
    )
