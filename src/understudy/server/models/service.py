"""Which models a project can be served, under which names, and the end of their serving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError, NotFoundError, PermissionDeniedError
from understudy.registry.aliases import is_pattern
from understudy.registry.catalogue import Catalogue, ResolvedBase
from understudy.registry.embedders import LocalEmbedder
from understudy.registry.releases import ReleasePolicy
from understudy.registry.remote_models import RemoteEndpoint, RemoteTask
from understudy.safety.release import NOT_CHECKED, why_held
from understudy.storage import models
from understudy.storage.database import Database
from understudy.storage.permissions import shared_models
from understudy.storage.releases.checks import check_states
from understudy.storage.shadows import shadow_of
from understudy.storage.tables.jobs import TunedModelRow
from understudy.storage.tables.model_aliases import ModelAliasRow
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class Alias:
    """A further name of a tuned model, or of a remote one."""

    name: str
    created_at: int
    model: str
    """The model that answers."""
    owned_by: str


AnyModel = ResolvedBase | LocalEmbedder | RemoteEndpoint | TunedModelRow | Alias
"""What a name can stand for."""


def list_models(db: Database, catalogue: Catalogue, project_id: str) -> list[AnyModel]:
    """Return every name that answers, also of models that other projects let this one use."""
    with db.read() as session:
        tuned = [
            *models.list_models(session, project_id),
            *shared_models(session, project_id),
        ]
        rows = models.list_aliases(session, project_id)
    others = (*catalogue.embedders.values(), *catalogue.remotes.values())
    owners = {row.name: row.organization for row in tuned} | _chat_owners(catalogue)
    aliases = [_alias(row, owners[row.model]) for row in rows if row.model in owners]
    return [*catalogue.names(), *others, *tuned, *aliases]


def list_aliases(db: Database, project_id: str) -> list[ModelAliasRow]:
    """Return a project's own aliases, oldest first."""
    with db.read() as session:
        return models.list_aliases(session, project_id)


def held_models(
    db: Database, policy: ReleasePolicy, project_id: str, found: Sequence[AnyModel]
) -> Mapping[str, str]:
    """Return why tuned models among these answer nobody, by name; most need no entry."""
    if not policy.holds:
        return {}
    with db.read() as session:
        states = check_states(session, project_id)
    tuned = [model.name for model in found if isinstance(model, TunedModelRow)]
    reasons = ((name, why_held(policy, states.get(name, NOT_CHECKED))) for name in tuned)
    return {name: reason for name, reason in reasons if reason is not None}


def get_model(db: Database, catalogue: Catalogue, project_id: str, name: str) -> AnyModel:
    """Return a base, a remote model or a project's tuned model; raises NotFoundError."""
    other = catalogue.embedders.get(name) or catalogue.remotes.get(name)
    if other is not None:
        return other
    resolved = catalogue.resolve(name)
    if resolved is not None:
        return resolved
    with db.read() as session:
        row = models.find_usable_model(session, project_id, name)
        alias = models.find_alias(session, project_id, name)
    if alias is not None:
        owner = _chat_owners(catalogue).get(alias.model) if row is None else row.organization
        if owner is not None:
            return _alias(alias, owner)
    if row is not None:
        return row
    matched = None if alias is not None else catalogue.match(name)
    if matched is None:
        raise _not_found(name)
    return matched


def delete_model(db: Database, catalogue: Catalogue, project_id: str, name: str) -> None:
    """End the serving of a tuned model; the job that made it stays.

    An alias ends alone: its model is served on under its own name.

    Raises NotFoundError, PermissionDeniedError for a base model, and InvalidRequestError for a
    model that an alias stands for.
    """
    if _belongs_to_server(catalogue, name):
        raise _of_the_server()
    with db.write() as session:
        alias = models.find_alias(session, project_id, name)
        if alias is not None:
            session.delete(alias)
        elif catalogue.match(name) is not None and not models.find_model(session, project_id, name):
            raise _of_the_server()
        else:
            models.delete_model(session, project_id, name)


def put_alias(
    db: Database, catalogue: Catalogue, project_id: str, name: str, model: str
) -> AnyModel:
    """Let a tuned or remote model answer under a further name, in the place of what did before.

    Raises InvalidRequestError for a name that is taken, for a model that is neither a tuned one of
    this project nor a remote one, and for a name in whose shadow two models stand.
    """
    with db.write() as session:
        target = find_target(session, catalogue, project_id, model, param="model")
        alias = claim_name(session, catalogue, project_id, name, now=int(db.now(session)))
        if shadow_of(session, alias.seq) is not None:
            raise InvalidRequestError(
                worded(
                    "models.shadow_two_models_put",
                    "'{name}' has a shadow of two models; PUT "
                    "/v1/x/shadows/{name}/answers chooses which of them answers, and "
                    "DELETE of the shadow frees the alias.",
                    name=name[:200],
                ),
                code="name_shadowed",
                param="name",
            )
        alias.model = target.name
        return _alias(alias, target.owned_by)


class Target(NamedTuple):
    """A model that an alias may stand for."""

    name: str
    owned_by: str


def find_target(
    session: Session, catalogue: Catalogue, project_id: str, model: str, *, param: str
) -> Target:
    """Return the model of a name, itself no alias; raises InvalidRequestError about `param`."""
    owner = _chat_owners(catalogue).get(model)
    if owner is not None:
        return Target(model, owner)
    # An alias is resolved, so that none stands for another one.
    tuned = models.find_model(session, project_id, model)
    if tuned is not None and not _belongs_to_server(catalogue, model):
        return Target(tuned.name, tuned.organization)
    raise InvalidRequestError(
        worded(
            "models.not_fine_tuned_model",
            "'{model}' is not a fine-tuned model of this project and no remote chat "
            "model. Aliases of base models stand in understudy.toml, under [aliases].",
            model=model[:200],
        ),
        code="model_not_found",
        param=param,
    )


def claim_name(
    session: Session, catalogue: Catalogue, project_id: str, name: str, *, now: int
) -> ModelAliasRow:
    """Return the alias of a name, a new one where there is none; raises InvalidRequestError.

    A new one stands for nothing yet.
    """
    if is_pattern(name):
        raise InvalidRequestError(
            worded(
                "models.pattern_patterns_stand_base",
                "'{name}' is a pattern, and patterns stand for base models only; "
                "they are written into understudy.toml, under [aliases]. Give the "
                "alias of a tuned or remote model one name; it answers before any "
                "pattern that fits it.",
                name=name[:200],
            ),
            code="invalid_value",
            param="name",
        )
    alias = models.find_alias(session, project_id, name)
    is_taken = alias is None and models.find_model(session, project_id, name) is not None
    if is_taken or _belongs_to_server(catalogue, name):
        raise InvalidRequestError(
            worded(
                "models.name_model_here_so",
                "'{name}' is the name of a model here, so it cannot become an alias. "
                "A remote model keeps its line 'model' when its table gets another "
                "name.",
                name=name[:200],
            ),
            code="name_taken",
            param="name",
        )
    if alias is None:
        alias = ModelAliasRow(project_id=project_id, name=name, model="", created_at=now)
        session.add(alias)
        session.flush()
    return alias


def _belongs_to_server(catalogue: Catalogue, name: str) -> bool:
    is_elsewhere = name in catalogue.embedders or name in catalogue.remotes
    return is_elsewhere or catalogue.resolve(name) is not None


def _chat_owners(catalogue: Catalogue) -> dict[str, str]:
    return {
        name: endpoint.owned_by
        for name, endpoint in catalogue.remotes.items()
        if endpoint.task is RemoteTask.CHAT
    }


def _alias(row: ModelAliasRow, owned_by: str) -> Alias:
    return Alias(name=row.name, created_at=row.created_at, model=row.model, owned_by=owned_by)


def _of_the_server() -> PermissionDeniedError:
    return PermissionDeniedError(
        worded(
            "models.you_insufficient_permissions_operation",
            "You have insufficient permissions for this operation. Base models, "
            "their aliases, embedding models and remote models belong to the server; "
            "only tuned models can be deleted.",
        )
    )


def _not_found(name: str) -> NotFoundError:
    return NotFoundError(
        worded(
            "models.model_does_not_exist",
            "The model '{name}' does not exist",
            name=name[:200],
        ),
        code="model_not_found",
        param="model",
    )
