"""Our own routes below /v1/x/ that say what is wrong with any upload, and make a repaired file."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.data.files.formats import Method
from understudy.schemas.files.repairs import FileFaults, FileRepair, RepairFile
from understudy.server.files.objects import faults_object, file_object
from understudy.server.files.repairing import find_faults, repair_file
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/files")

_BODY_BYTES = 64 * 1024


@router.get("/{file_id}/faults")
def faults(
    file_id: str,
    services: ServicesDep,
    project: CurrentProject,
    method: Method = Method.SUPERVISED,
) -> FileFaults:
    """Show everything that is wrong with a file of any form, by line, and what can be repaired."""
    return faults_object(file_id, find_faults(services, project.id, file_id, method))


@router.post("/{file_id}/repair", openapi_extra=json_body(RepairFile))
async def repair(
    file_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> FileRepair:
    """Repair the common faults of a file: a new training file, and the first stays as it is."""
    asked = await read_json(request, RepairFile, limit_bytes=_BODY_BYTES)
    mark = repeatable(request, asked.model_dump_json())
    made = await run_in_threadpool(repair_file, services, project.id, file_id, asked, mark)
    return FileRepair(
        file_id=file_id,
        repaired_file=file_object(made.file, results_as_base64=False),
        faults=faults_object(file_id, made.diagnosis),
    )
