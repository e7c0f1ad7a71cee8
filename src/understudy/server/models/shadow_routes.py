"""Our own routes below /v1/x/ that compare two models under one name, and cut over and back."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.lists import Cursor, Order, Page
from understudy.schemas.shadows import (
    Comparison,
    PutAnswers,
    PutShadow,
    Shadow,
    ShadowDeleted,
    ShadowList,
)
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.http.lists import Limit, page_object
from understudy.server.models import shadows
from understudy.server.models.shadow_objects import comparison_object, shadow_object
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/shadows")

_BODY_BYTES = 64 * 1024
_Name = Annotated[str, Path(min_length=1, max_length=300, pattern=r"^[!-~]+$")]


@router.get("")
def list_(services: ServicesDep, project: CurrentProject) -> ShadowList:
    """List the names under which two models are compared."""
    found = shadows.list_(services.database, project.id)
    return ShadowList(data=[shadow_object(each) for each in found])


# Names hold slashes: what ends in a word of ours comes first, the rest of the path is the name.
@router.put("/{name:path}/answers", openapi_extra=json_body(PutAnswers))
async def put_answers(
    name: _Name, request: Request, services: ServicesDep, project: CurrentProject
) -> Shadow:
    """Cut over to the new model, or back to the old one; the other is asked in the background."""
    body = await read_json(request, PutAnswers, limit_bytes=_BODY_BYTES)
    return shadow_object(
        await run_in_threadpool(shadows.cut_over, services.database, project.id, name, body.answers)
    )


@router.get("/{name:path}/comparisons")
def list_comparisons(
    name: _Name,
    services: ServicesDep,
    project: CurrentProject,
    is_same: bool | None = None,
    after: str | None = None,
    limit: Limit = 20,
    order: Order = Order.NEWEST_FIRST,
) -> Page[Comparison]:
    """List what both models answered; `is_same` false shows only the disagreements."""
    cursor = Cursor(after=after, limit=limit, order=order)
    page = shadows.comparisons(services.database, project.id, name, cursor, is_same=is_same)
    return page_object(page, comparison_object)


@router.put("/{name:path}", openapi_extra=json_body(PutShadow))
async def put(
    name: _Name, request: Request, services: ServicesDep, project: CurrentProject
) -> Shadow:
    """Let one model answer under a name and ask another one the same, in the background."""
    body = await read_json(request, PutShadow, limit_bytes=_BODY_BYTES)
    return shadow_object(
        await run_in_threadpool(
            shadows.put,
            services.database,
            services.catalogue(),
            project.id,
            name,
            body,
            days=services.answers_of(project.name).days,
        )
    )


@router.get("/{name:path}")
def retrieve(name: _Name, services: ServicesDep, project: CurrentProject) -> Shadow:
    """Show one shadow with the agreement of its two models."""
    return shadow_object(shadows.get(services.database, project.id, name))


@router.delete("/{name:path}")
def delete(name: _Name, services: ServicesDep, project: CurrentProject) -> ShadowDeleted:
    """End a shadow with its comparisons; the name stays with the model that answers now."""
    shadows.end(services.database, project.id, name)
    return ShadowDeleted(id=name)
