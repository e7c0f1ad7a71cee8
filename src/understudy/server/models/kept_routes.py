"""Our own routes below /v1/x/ on models as things that are kept, and the room that they take."""

from fastapi import APIRouter

from understudy.schemas.kept_models import DiskUse, KeptModelList
from understudy.server.http.auth import CurrentProject
from understudy.server.models import kept
from understudy.server.models.kept_objects import disk_object, kept_model
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x")


@router.get("/models")
def models(services: ServicesDep, project: CurrentProject) -> KeptModelList:
    """List every name that answers, with what is known of its model."""
    found, known = kept.kept_models(services, project)
    return KeptModelList(data=[kept_model(model, known, services, project.id) for model in found])


@router.get("/disk")
def disk(services: ServicesDep, project: CurrentProject) -> DiskUse:
    """Say what the server's bases and all that the project keeps take on the disk."""
    return disk_object(kept.disk_uses(services, project.id))
