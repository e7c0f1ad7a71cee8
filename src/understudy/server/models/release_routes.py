"""Our own routes on models, below /v1/x/: safety checks shown and asked for, and the release."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from understudy.evals.releases import service
from understudy.schemas.releases import ModelCardObject, ModelCheck, PutSystemPrompt, ReleaseModel
from understudy.server.http.auth import CurrentKey, CurrentProject
from understudy.server.http.json_body import json_body, read_json
from understudy.server.models.release_objects import check_object
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/models")

_BODY_BYTES = 64 * 1024


# Names of open models hold slashes, which arrive decoded: the name is the middle of the path.
@router.get("/{model:path}/check")
def show(model: str, services: ServicesDep, project: CurrentProject, key: CurrentKey) -> ModelCheck:
    """Show the safety check of a tuned model or checkpoint, also of one that has none."""
    policy = services.served.releases(project.name)
    view = service.checked_model(services.database, policy, project.id, model)
    return check_object(view, policy, key)


@router.get("/{model:path}/card")
def card(model: str, services: ServicesDep, project: CurrentProject) -> ModelCardObject:
    """Show what a tuned model was made of, by whom, and what of it was checked and what not."""
    found = service.card_of(services.database, project.id, model)
    return ModelCardObject.model_validate(found.to_json())


@router.post("/{model:path}/check")
def ask(model: str, services: ServicesDep, project: CurrentProject, key: CurrentKey) -> ModelCheck:
    """Ask for the safety check of a model, also once more; an earlier release counts no longer."""
    policy = services.served.releases(project.name)
    view = service.ask_for_check(services.database, policy, project.id, model)
    return check_object(view, policy, key)


@router.put("/{model:path}/system_prompt", openapi_extra=json_body(PutSystemPrompt))
async def put_system_prompt(
    model: str, request: Request, services: ServicesDep, project: CurrentProject, key: CurrentKey
) -> ModelCheck:
    """Say this before conversations without instructions; a check that was made is made again."""
    body = await read_json(request, PutSystemPrompt, limit_bytes=_BODY_BYTES)
    policy = services.served.releases(project.name)
    view = await run_in_threadpool(
        service.set_system_prompt,
        *(services.database, policy, project.id, model, body.system_prompt),
    )
    return check_object(view, policy, key)


@router.post("/{model:path}/release", openapi_extra=json_body(ReleaseModel))
async def release(
    model: str, request: Request, services: ServicesDep, project: CurrentProject, key: CurrentKey
) -> ModelCheck:
    """Let a held model answer; who decided that, when and why is recorded."""
    body = await read_json(request, ReleaseModel, limit_bytes=_BODY_BYTES)
    policy = services.served.releases(project.name)

    def decide() -> service.CheckedModel:
        return service.release(
            services.database, policy, project.id, model, key=key, reason=body.reason
        )

    return check_object(await run_in_threadpool(decide), policy, key)
