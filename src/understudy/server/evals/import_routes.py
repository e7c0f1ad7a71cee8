"""Our own routes below /v1/x/: evals and ended runs of elsewhere become evals and history here."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.evals import service
from understudy.evals.imported_run import imported_run
from understudy.ids import unix_now
from understudy.schemas.evals.evals import Eval
from understudy.schemas.evals.imports import ImportEval, ImportRun
from understudy.schemas.evals.results import EvalRun
from understudy.server.evals.import_request import imported_eval
from understudy.server.evals.objects import eval_object, run_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/evals")

_EVAL_BYTES = 8 * 1024 * 1024
_RUN_BYTES = 256 * 1024 * 1024


@router.post("/import", status_code=201, openapi_extra=json_body(ImportEval))
async def import_eval(request: Request, services: ServicesDep, project: CurrentProject) -> Eval:
    """Create an eval like one of elsewhere; criteria that cannot be used are switched off."""
    body = await read_json(request, ImportEval, limit_bytes=_EVAL_BYTES)
    new = await imported_eval(body, project.id, services.grader_context_of(project.id))
    mark = repeatable(request, body.model_dump_json())
    row = await run_in_threadpool(service.create_eval, services.database, new, request=mark)
    return eval_object(row)


@router.post("/{eval_id}/runs/import", status_code=201, openapi_extra=json_body(ImportRun))
async def import_run(
    eval_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> EvalRun:
    """Record a run that ended elsewhere with all of its items, or nothing of it."""
    body = await read_json(request, ImportRun, limit_bytes=_RUN_BYTES)
    mark = repeatable(request, f"{body.imported.id} {body.created_at} {body.name}")
    address = str(request.base_url).rstrip("/")

    def record() -> EvalRun:
        owner = service.get_eval(services.database, project.id, eval_id)
        run, items = imported_run(body, owner, now=unix_now(), report_address=address)
        return run_object(service.import_run(services.database, run, items, request=mark))

    return await run_in_threadpool(record)
