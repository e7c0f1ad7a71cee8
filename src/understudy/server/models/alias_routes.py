"""Our own routes below /v1/x/ on further names of models: which there are, and new ones."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from understudy.schemas.models import AliasList, ModelObject, PutModelAlias
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.models import service
from understudy.server.models.objects import alias_object, model_object, server_aliases
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/model_aliases")

_BODY_BYTES = 64 * 1024
_Name = Annotated[str, Path(min_length=1, max_length=300, pattern=r"^[!-~]+$")]


@router.get("")
def list_(services: ServicesDep, project: CurrentProject) -> AliasList:
    """List the aliases and patterns of the server, and then the project's own aliases."""
    catalogue = services.catalogue()
    own = service.list_aliases(services.database, project.id)
    return AliasList(data=[*server_aliases(catalogue), *map(alias_object, own)])


@router.put("/{name:path}", openapi_extra=json_body(PutModelAlias))
async def put(
    name: _Name, request: Request, services: ServicesDep, project: CurrentProject
) -> ModelObject:
    """Let a model answer under this name; `DELETE /v1/models/{model}` ends that."""
    body = await read_json(request, PutModelAlias, limit_bytes=_BODY_BYTES)
    put = await run_in_threadpool(
        service.put_alias, services.database, services.catalogue(), project.id, name, body.model
    )
    return model_object(put)
