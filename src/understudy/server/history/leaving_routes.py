"""Our own route below /v1/x/ that shows how far a project is on its way out of OpenAI."""

from fastapi import APIRouter

from understudy.schemas.leaving import Leaving
from understudy.server.history import leaving
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/leaving")


@router.get("")
def look(services: ServicesDep, project: CurrentProject) -> Leaving:
    """Show what was imported, and for each old model its remote, its clone and its name here."""
    return leaving.look(services.database, services.catalogue(), project.id)
