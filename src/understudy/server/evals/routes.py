"""Evals: create, list, look at, rename and delete."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.evals import service
from understudy.evals.new_eval import new_eval
from understudy.schemas.evals.evals import CreateEval, Eval, EvalDeleted, EvalOrder, UpdateEval
from understudy.schemas.lists import Cursor, Order, PageWithIds
from understudy.server.evals.objects import eval_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.idempotency import repeatable
from understudy.server.http.json_body import read_json
from understudy.server.http.lists import Limit, page_with_ids
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/evals")

_BODY_BYTES = 4 * 1024 * 1024


@router.post("", status_code=201)
async def create(request: Request, services: ServicesDep, project: CurrentProject) -> Eval:
    """Create an eval; its graders are built once to see that they can be."""
    body = await read_json(request, CreateEval, limit_bytes=_BODY_BYTES)
    new = await new_eval(body, project.id, services.grader_context_of(project.id))
    mark = repeatable(request, body.model_dump_json())
    row = await run_in_threadpool(service.create_eval, services.database, new, request=mark)
    return eval_object(row)


@router.get("")
def list_(
    services: ServicesDep,
    project: CurrentProject,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = Order.OLDEST_FIRST,
    order_by: EvalOrder = EvalOrder.CREATED,
) -> PageWithIds[Eval]:
    """List the project's evals."""
    cursor = Cursor(after=after, limit=limit, order=order)
    page = service.list_evals(services.database, project.id, cursor, order_by=order_by)
    return page_with_ids(page, eval_object)


@router.get("/{eval_id}")
def retrieve(eval_id: str, services: ServicesDep, project: CurrentProject) -> Eval:
    """Show one eval."""
    return eval_object(service.get_eval(services.database, project.id, eval_id))


@router.post("/{eval_id}")
async def update(
    eval_id: str, request: Request, services: ServicesDep, project: CurrentProject
) -> Eval:
    """Rename an eval, or replace its metadata."""
    body = await read_json(request, UpdateEval, limit_bytes=_BODY_BYTES)
    row = await run_in_threadpool(
        service.update_eval,
        services.database,
        project.id,
        eval_id,
        name=body.name,
        metadata=body.metadata,
    )
    return eval_object(row)


@router.delete("/{eval_id}")
def delete(eval_id: str, services: ServicesDep, project: CurrentProject) -> EvalDeleted:
    """Delete an eval with all of its runs, those that are running too."""
    service.delete_eval(services.database, project.id, eval_id)
    return EvalDeleted(eval_id=eval_id)
