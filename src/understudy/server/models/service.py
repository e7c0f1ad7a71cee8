"""Which models a project can be served, and the end of the serving of its tuned ones."""

from understudy.errors import NotFoundError, PermissionDeniedError
from understudy.registry.catalogue import Catalogue, ResolvedBase
from understudy.storage import models
from understudy.storage.database import Database
from understudy.storage.tables.jobs import TunedModelRow


def list_models(
    db: Database, catalogue: Catalogue, project_id: str
) -> list[ResolvedBase | TunedModelRow]:
    """Return every name that answers: bases, aliases, then what the project tuned, oldest first."""
    with db.read() as session:
        return [*catalogue.names(), *models.list_models(session, project_id)]


def get_model(
    db: Database, catalogue: Catalogue, project_id: str, name: str
) -> ResolvedBase | TunedModelRow:
    """Return a base or a project's tuned model; raises NotFoundError."""
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
    if catalogue.resolve(name) is not None:
        raise PermissionDeniedError(
            "You have insufficient permissions for this operation. Base models and their aliases "
            "belong to the server; only tuned models can be deleted."
        )
    with db.write() as session:
        models.delete_model(session, project_id, name)
