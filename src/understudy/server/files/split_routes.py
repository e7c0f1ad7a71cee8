"""Our own routes below /v1/x/ that divide a training file: as a plan, and for good."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.files.splits import FileSplit, FileSplitPlan, SplitFile
from understudy.server.files.objects import file_object, split_plan_object
from understudy.server.files.splitting import divide_file, plan_split
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/files")

_BODY_BYTES = 64 * 1024


@router.post("/{file_id}/split/plan", openapi_extra=json_body(SplitFile))
async def plan(
    file_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> FileSplitPlan:
    """Show how a training file would be divided, and make nothing."""
    asked = await read_json(request, SplitFile, limit_bytes=_BODY_BYTES)
    made = await run_in_threadpool(plan_split, services, project.id, file_id, asked)
    return split_plan_object(file_id, made)


@router.post("/{file_id}/split", openapi_extra=json_body(SplitFile))
async def divide(
    file_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> FileSplit:
    """Divide a training file: two new files, which together hold its lines as they are."""
    asked = await read_json(request, SplitFile, limit_bytes=_BODY_BYTES)
    mark = repeatable(request, asked.model_dump_json())
    divided = await run_in_threadpool(divide_file, services, project.id, file_id, asked, mark)
    return FileSplit(
        file_id=file_id,
        training_file=file_object(divided.training, results_as_base64=False),
        validation_file=file_object(divided.validation, results_as_base64=False),
        plan=split_plan_object(file_id, divided.made),
    )
