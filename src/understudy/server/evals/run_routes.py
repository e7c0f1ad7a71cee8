"""Runs of evals and their items: create, list, look at, cancel and delete."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.evals import service
from understudy.evals.new_run import new_run
from understudy.evals.status import ItemStatus, RunStatus
from understudy.schemas.evals.results import EvalRun, OutputItem, RunDeleted
from understudy.schemas.evals.runs import CreateEvalRun
from understudy.schemas.lists import Cursor, Order, PageWithIds
from understudy.server.evals.objects import item_object, run_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import read_json
from understudy.server.http.lists import Limit, page_with_ids
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/evals/{eval_id}/runs")

_BODY_BYTES = 16 * 1024 * 1024


@router.post("", status_code=201)
async def create(
    eval_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> EvalRun:
    """Queue a run, with its rows as they are now."""
    body = await read_json(request, CreateEvalRun, limit_bytes=_BODY_BYTES)
    new = await run_in_threadpool(
        new_run,
        services.served,
        services.blobs,
        project.id,
        eval_id,
        body,
        report_address=str(request.base_url).rstrip("/"),
    )
    mark = repeatable(request, body.model_dump_json())
    row = await run_in_threadpool(
        service.create_run, services.database, project.id, eval_id, new, request=mark
    )
    return run_object(row)


@router.get("")
def list_(
    eval_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = Order.OLDEST_FIRST,
    status: RunStatus | None = None,
) -> PageWithIds[EvalRun]:
    """List the runs of an eval."""
    cursor = Cursor(after=after, limit=limit, order=order)
    page = service.list_runs(services.database, project.id, eval_id, cursor, status=status)
    return page_with_ids(page, run_object)


@router.get("/{run_id}")
def retrieve(eval_id: str, run_id: str, services: ServicesDep, project: CurrentProject) -> EvalRun:
    """Show one run, with what is done of it."""
    return run_object(service.get_run(services.database, project.id, eval_id, run_id))


@router.post("/{run_id}")
@router.post("/{run_id}/cancel")
def cancel(eval_id: str, run_id: str, services: ServicesDep, project: CurrentProject) -> EvalRun:
    """Cancel a run; no body is read. OpenAI's reference has no suffix, its newer clients do."""
    return run_object(service.cancel_run(services.database, project.id, eval_id, run_id))


@router.delete("/{run_id}")
def delete(eval_id: str, run_id: str, services: ServicesDep, project: CurrentProject) -> RunDeleted:
    """Delete a run, running or not, with what it found."""
    service.delete_run(services.database, project.id, eval_id, run_id)
    return RunDeleted(run_id=run_id)


@router.get("/{run_id}/output_items")
def list_output_items(
    eval_id: str,
    run_id: str,
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = Order.OLDEST_FIRST,
    status: ItemStatus | None = None,
) -> PageWithIds[OutputItem]:
    """List the items that are done, in the order of the data."""
    cursor = Cursor(after=after, limit=limit, order=order)
    run = service.get_run(services.database, project.id, eval_id, run_id)
    page = service.list_items(services.database, project.id, eval_id, run_id, cursor, status=status)
    return page_with_ids(page, lambda row: item_object(row, run))


@router.get("/{run_id}/output_items/{output_item_id}")
def retrieve_output_item(
    eval_id: str, run_id: str, output_item_id: str, services: ServicesDep, project: CurrentProject
) -> OutputItem:
    """Show one item."""
    run = service.get_run(services.database, project.id, eval_id, run_id)
    row = service.get_item(services.database, project.id, eval_id, run_id, output_item_id)
    return item_object(row, run)
