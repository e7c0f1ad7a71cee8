"""Our own routes on base models, below /v1/x/: the catalogue, additions and removals."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from understudy.bases.fit import ANSWER_TOKENS, EXAMPLE_TOKENS, needs_of
from understudy.bases.known import known_bases
from understudy.errors import PermissionDeniedError
from understudy.schemas.bases.bases import (
    AddBase,
    AddedBase,
    AdditionObject,
    BaseCatalogue,
    BaseList,
    BaseRemoved,
)
from understudy.server.bases import service
from understudy.server.bases.objects import addition_object, known_object, machine_object
from understudy.server.http.auth import CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.services import ServicesDep
from understudy.wording import worded

router = APIRouter(prefix="/x/bases")

_BODY_BYTES = 64 * 1024


def may_change(request: Request) -> bool:
    """Say whether this server adds and removes bases."""
    return request.app.state.is_local


def check_change(may: Annotated[bool, Depends(may_change)]) -> None:
    """Raise PermissionDeniedError where other machines can reach the server.

    No key stands above others: each opens one project, and a base belongs to all of them.
    """
    if not may:
        raise PermissionDeniedError(
            worded(
                "bases.bases_added_removed_over",
                "Bases are added and removed over HTTP only while the server listens "
                "on the loopback address, because every key of every project could. "
                "Run `understudy models add` or `understudy models remove` on the "
                "server's machine; a running server sees it at once.",
            )
        )


@router.get("")
def list_(
    services: ServicesDep, _: CurrentProject, may: Annotated[bool, Depends(may_change)]
) -> BaseList:
    """List the bases that are here, and those that are being added or were."""
    found = service.list_bases(services.database, services.catalogue())
    return BaseList(
        data=[
            AddedBase(
                name=used.base.name,
                directory=str(used.base.directory),
                is_builtin=used.base.is_builtin,
                used_by=used.used_by,
            )
            for used in found
        ],
        additions=[addition_object(a) for a in service.recent_additions(services.bases)],
        may_change=may,
    )


@router.get("/catalog")
def catalogue(services: ServicesDep, _: CurrentProject) -> BaseCatalogue:
    """List known bases with what they take; the first time takes a few seconds."""
    machine = service.machine_of(services.bases.memory)
    here = services.catalogue().bases
    return BaseCatalogue(
        data=[
            known_object(base, needs_of(base, machine), machine, is_added=base.name in here)
            for base in known_bases().values()
        ],
        machine=machine_object(machine),
        example_tokens=EXAMPLE_TOKENS,
        answer_tokens=ANSWER_TOKENS,
    )


@router.post("", openapi_extra=json_body(AddBase), dependencies=[Depends(check_change)])
async def add(request: Request, services: ServicesDep, _: CurrentProject) -> AdditionObject:
    """Begin to add a base; the answer says nothing yet of whether it can be."""
    body = await read_json(request, AddBase, limit_bytes=_BODY_BYTES)
    addition = await run_in_threadpool(service.add_base, services.bases, services.catalogue(), body)
    return addition_object(addition)


@router.post("/additions/{addition_id}/cancel", dependencies=[Depends(check_change)])
def cancel(addition_id: str, services: ServicesDep, _: CurrentProject) -> AdditionObject:
    """Stop an addition and remove what it has fetched."""
    return addition_object(services.bases.launcher.cancel(addition_id))


# Names of open models hold slashes, which arrive decoded: the name is the rest of the path.
@router.delete("/{name:path}", dependencies=[Depends(check_change)])
def remove(name: str, services: ServicesDep, _: CurrentProject) -> BaseRemoved:
    """Remove a base that nothing uses."""
    removed = service.remove(services.bases, services.database, services.catalogue(), name)
    return BaseRemoved(name=name, freed_bytes=removed.freed_bytes)
