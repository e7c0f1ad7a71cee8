"""Models: list, look at, and end the serving of tuned ones."""

from fastapi import APIRouter

from understudy.errors import NotFoundError, PermissionDeniedError
from understudy.schemas.models import ModelDeleted, ModelList, ModelObject
from understudy.server.http.auth import CurrentProject
from understudy.server.models.objects import base_object, model_objects, tuned_object
from understudy.server.services import ServicesDep
from understudy.storage.models import delete_model, find_model, list_models

router = APIRouter(prefix="/models")


@router.get("")
def list_(services: ServicesDep, project: CurrentProject) -> ModelList:
    """List every name that answers: bases, aliases, tuned models and their checkpoints."""
    with services.database.read() as session:
        tuned = list_models(session, project.id)
    return ModelList(data=model_objects(services.catalogue().names(), tuned))


# Names of open models hold slashes, which arrive decoded: the name is the rest of the path.
@router.get("/{model:path}")
def retrieve(model: str, services: ServicesDep, project: CurrentProject) -> ModelObject:
    """Show one model."""
    resolved = services.catalogue().resolve(model)
    if resolved is not None:
        return base_object(resolved)
    with services.database.read() as session:
        row = find_model(session, project.id, model)
    if row is None:
        raise NotFoundError(
            f"The model '{model[:200]}' does not exist", code="model_not_found", param="model"
        )
    return tuned_object(row)


@router.delete("/{model:path}")
def delete(model: str, services: ServicesDep, project: CurrentProject) -> ModelDeleted:
    """End the serving of a tuned model; the job that made it stays."""
    if services.catalogue().resolve(model) is not None:
        raise PermissionDeniedError(
            "You have insufficient permissions for this operation. Base models and their aliases "
            "belong to the server; only tuned models can be deleted."
        )
    with services.database.write() as session:
        delete_model(session, project.id, model)
    return ModelDeleted(id=model)
