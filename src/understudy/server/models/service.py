"""Which models a project can be served, under which names, and the end of their serving."""

from dataclasses import dataclass

from understudy.errors import InvalidRequestError, NotFoundError, PermissionDeniedError
from understudy.registry.catalogue import Catalogue, ResolvedBase
from understudy.registry.embedders import LocalEmbedder
from understudy.registry.remote_models import RemoteEndpoint
from understudy.storage import models
from understudy.storage.database import Database
from understudy.storage.tables.jobs import TunedModelRow
from understudy.storage.tables.model_aliases import ModelAliasRow


@dataclass(frozen=True, kw_only=True)
class Alias:
    """A further name of a tuned model."""

    name: str
    created_at: int
    target: TunedModelRow


AnyModel = ResolvedBase | LocalEmbedder | RemoteEndpoint | TunedModelRow | Alias
"""What a name can stand for."""


def list_models(db: Database, catalogue: Catalogue, project_id: str) -> list[AnyModel]:
    """Return every name that answers: bases, aliases, remote models, what the project tuned."""
    with db.read() as session:
        tuned = models.list_models(session, project_id)
        rows = models.list_aliases(session, project_id)
    others = (*catalogue.embedders.values(), *catalogue.remotes.values())
    named = {row.name: row for row in tuned}
    aliases = [_alias(row, named[row.model]) for row in rows if row.model in named]
    return [*catalogue.names(), *others, *tuned, *aliases]


def get_model(db: Database, catalogue: Catalogue, project_id: str, name: str) -> AnyModel:
    """Return a base, a remote model or a project's tuned model; raises NotFoundError."""
    other = catalogue.embedders.get(name) or catalogue.remotes.get(name)
    if other is not None:
        return other
    resolved = catalogue.resolve(name)
    if resolved is not None:
        return resolved
    with db.read() as session:
        row = models.find_model(session, project_id, name)
        alias = models.find_alias(session, project_id, name)
    if row is None:
        raise _not_found(name)
    return row if alias is None else _alias(alias, row)


def delete_model(db: Database, catalogue: Catalogue, project_id: str, name: str) -> None:
    """End the serving of a tuned model; the job that made it stays.

    An alias ends alone: its model is served on under its own name.

    Raises NotFoundError, PermissionDeniedError for a base model, and InvalidRequestError for a
    model that an alias stands for.
    """
    if _belongs_to_server(catalogue, name):
        raise PermissionDeniedError(
            "You have insufficient permissions for this operation. Base models, their aliases, "
            "embedding models and remote models belong to the server; only tuned models can be "
            "deleted."
        )
    with db.write() as session:
        alias = models.find_alias(session, project_id, name)
        if alias is not None:
            session.delete(alias)
        else:
            models.delete_model(session, project_id, name)


def put_alias(
    db: Database, catalogue: Catalogue, project_id: str, name: str, model: str
) -> AnyModel:
    """Let a project's tuned model answer under a further name, in the place of what did before.

    Raises InvalidRequestError for a name that is taken, and for a model that is not a tuned one of
    this project.
    """
    with db.write() as session:
        alias = models.find_alias(session, project_id, name)
        is_taken = alias is None and models.find_model(session, project_id, name) is not None
        if is_taken or _belongs_to_server(catalogue, name):
            raise InvalidRequestError(
                f"'{name[:200]}' is the name of a model here, so it cannot become an alias. A "
                "remote model keeps its line 'model' when its table gets another name.",
                code="name_taken",
                param="name",
            )
        # An alias is resolved, so that none stands for another one.
        target = models.find_model(session, project_id, model)
        if target is None or _belongs_to_server(catalogue, model):
            raise InvalidRequestError(
                f"'{model[:200]}' is not a fine-tuned model of this project. Aliases of base "
                "models stand in understudy.toml, under [aliases].",
                code="model_not_found",
                param="model",
            )
        if alias is None:
            now = int(db.now(session))
            alias = ModelAliasRow(project_id=project_id, name=name, model="", created_at=now)
            session.add(alias)
        alias.model = target.name
        return _alias(alias, target)


def _belongs_to_server(catalogue: Catalogue, name: str) -> bool:
    is_elsewhere = name in catalogue.embedders or name in catalogue.remotes
    return is_elsewhere or catalogue.resolve(name) is not None


def _alias(row: ModelAliasRow, target: TunedModelRow) -> Alias:
    return Alias(name=row.name, created_at=row.created_at, target=target)


def _not_found(name: str) -> NotFoundError:
    return NotFoundError(
        f"The model '{name[:200]}' does not exist", code="model_not_found", param="model"
    )
