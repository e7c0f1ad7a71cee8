"""Base, remote and tuned models as the objects that stand on the wire."""

from understudy.registry.catalogue import ResolvedBase
from understudy.registry.remote_models import RemoteEndpoint
from understudy.schemas.models import ModelObject
from understudy.server.models.service import AnyModel


def model_object(model: AnyModel) -> ModelObject:
    """Write what can be asked: a base, an alias, a remote model, a tuned model or a checkpoint."""
    if isinstance(model, RemoteEndpoint):
        return ModelObject(id=model.name, created=model.created, owned_by=model.owned_by)
    if isinstance(model, ResolvedBase):
        return ModelObject(id=model.name, created=model.base.created, owned_by="system")
    return ModelObject(id=model.name, created=model.created_at, owned_by=model.organization)
