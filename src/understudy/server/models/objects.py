"""Models and their further names as the objects that stand on the wire."""

from collections.abc import Mapping
from typing import Literal

from understudy.registry.aliases import is_pattern
from understudy.registry.catalogue import Catalogue, ResolvedBase
from understudy.registry.embedders import LocalEmbedder
from understudy.registry.remote_models import RemoteEndpoint, RemoteTask
from understudy.schemas.models import AliasObject, ModelObject, RemoteFacts
from understudy.server.models.service import Alias, AnyModel
from understudy.storage.tables.model_aliases import ModelAliasRow

_TASKS: Mapping[RemoteTask, Literal["embedding", "moderation"] | None] = {
    RemoteTask.CHAT: None,
    RemoteTask.EMBEDDING: "embedding",
    RemoteTask.MODERATION: "moderation",
}


def model_object(model: AnyModel, held_because: str | None = None) -> ModelObject:
    """Write what can be asked: a base, an alias, a remote model, a tuned model or a checkpoint.

    `held_because` says of a tuned model why it answers nobody.
    """
    if isinstance(model, LocalEmbedder):
        return ModelObject(
            id=model.name, created=model.created, owned_by="system", task="embedding"
        )
    if isinstance(model, RemoteEndpoint):
        return ModelObject(
            id=model.name,
            created=model.created,
            owned_by=model.owned_by,
            task=_TASKS[model.task],
            remote=RemoteFacts(
                host=model.host,
                model=model.model,
                price_in=model.price_in,
                price_out=model.price_out,
                may_train=model.may_train,
            ),
        )
    if isinstance(model, Alias):
        return ModelObject(
            id=model.name,
            created=model.created_at,
            owned_by=model.owned_by,
            alias_of=model.model,
        )
    if isinstance(model, ResolvedBase):
        return ModelObject(id=model.name, created=model.base.created, owned_by="system")
    return ModelObject(
        id=model.name,
        created=model.created_at,
        owned_by=model.organization,
        held_because=held_because,
    )


def server_aliases(catalogue: Catalogue) -> list[AliasObject]:
    """Write the aliases and patterns of the settings, in their order there."""
    return [
        AliasObject(
            id=name,
            model=base,
            is_pattern=is_pattern(name),
            belongs_to="server",
            ignores=sorted(catalogue.ignored.get(name, ())),
        )
        for name, base in catalogue.aliases.items()
    ]


def alias_object(row: ModelAliasRow) -> AliasObject:
    """Write a project's own alias."""
    return AliasObject(
        id=row.name, model=row.model, is_pattern=False, belongs_to="project", ignores=[]
    )
