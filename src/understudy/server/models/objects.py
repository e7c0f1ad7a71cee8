"""Base and tuned models as the objects that stand on the wire."""

from understudy.registry.catalogue import ResolvedBase
from understudy.schemas.models import ModelObject
from understudy.storage.tables.jobs import TunedModelRow


def model_object(model: ResolvedBase | TunedModelRow) -> ModelObject:
    """Write what can be served: a base model, an alias of one, a tuned model or a checkpoint."""
    if isinstance(model, ResolvedBase):
        return ModelObject(id=model.name, created=model.base.created, owned_by="system")
    return ModelObject(id=model.name, created=model.created_at, owned_by=model.organization)
