"""Which models a project can be served, and the end of the serving of its tuned ones."""

from understudy.errors import NotFoundError, PermissionDeniedError
from understudy.registry.catalogue import Catalogue, ResolvedBase
from understudy.registry.remote_models import RemoteEndpoint
from understudy.storage import models
from understudy.storage.database import Database
from understudy.storage.tables.jobs import TunedModelRow

AnyModel = ResolvedBase | RemoteEndpoint | TunedModelRow
"""What a name can stand for."""


def list_models(db: Database, catalogue: Catalogue, project_id: str) -> list[AnyModel]:
    """Return every name that answers: bases, aliases, remote models, what the project tuned."""
    with db.read() as session:
        tuned = models.list_models(session, project_id)
    return [*catalogue.names(), *catalogue.remotes.values(), *tuned]


def get_model(db: Database, catalogue: Catalogue, project_id: str, name: str) -> AnyModel:
    """Return a base, a remote model or a project's tuned model; raises NotFoundError."""
    if name in catalogue.remotes:
        return catalogue.remotes[name]
    resolved = catalogue.resolve(name)
    if resolved is not None:
        return resolved
    with db.read() as session:
        row = models.find_model(session, project_id, name)
    if row is None:
        raise NotFoundError(
            f"The model '{name[:200]}' does not exist", code="model_not_found", param="model"
        )
    return row


def delete_model(db: Database, catalogue: Catalogue, project_id: str, name: str) -> None:
    """End the serving of a tuned model; the job that made it stays.

    Raises NotFoundError, and PermissionDeniedError for a base model.
    """
    if name in catalogue.remotes or catalogue.resolve(name) is not None:
        raise PermissionDeniedError(
            "You have insufficient permissions for this operation. Base models, their aliases and "
            "remote models belong to the server; only tuned models can be deleted."
        )
    with db.write() as session:
        models.delete_model(session, project_id, name)
