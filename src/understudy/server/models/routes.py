"""Models: list, look at, and end the serving of tuned ones."""

from fastapi import APIRouter

from understudy.schemas.models import ModelDeleted, ModelList, ModelObject
from understudy.server.http.auth import CurrentProject
from understudy.server.models import service
from understudy.server.models.objects import model_object
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/models")


@router.get("")
def list_(services: ServicesDep, project: CurrentProject) -> ModelList:
    """List every name that answers: bases, aliases, remote and tuned models, checkpoints."""
    found = service.list_models(services.database, services.catalogue(), project.id)
    held = service.held_models(
        services.database, services.served.releases(project.name), project.id, found
    )
    return ModelList(data=[model_object(model, held.get(model.name)) for model in found])


# Names of open models hold slashes, which arrive decoded: the name is the rest of the path.
@router.get("/{model:path}")
def retrieve(model: str, services: ServicesDep, project: CurrentProject) -> ModelObject:
    """Show one model."""
    found = service.get_model(services.database, services.catalogue(), project.id, model)
    held = service.held_models(
        services.database, services.served.releases(project.name), project.id, [found]
    )
    return model_object(found, held.get(model))


@router.delete("/{model:path}")
def delete(model: str, services: ServicesDep, project: CurrentProject) -> ModelDeleted:
    """End the serving of a tuned model; the job that made it stays."""
    service.delete_model(services.database, services.catalogue(), project.id, model)
    return ModelDeleted(id=model)
