"""Base and tuned models as the objects that stand on the wire."""

from collections.abc import Sequence

from understudy.registry.catalogue import ResolvedBase
from understudy.schemas.models import ModelObject
from understudy.storage.tables.jobs import TunedModelRow


def base_object(resolved: ResolvedBase) -> ModelObject:
    """Write a base model, or an alias of one."""
    return ModelObject(id=resolved.name, created=resolved.base.created, owned_by="system")


def tuned_object(row: TunedModelRow) -> ModelObject:
    """Write a tuned model or a checkpoint."""
    return ModelObject(id=row.name, created=row.created_at, owned_by=row.organization)


def model_objects(
    bases: Sequence[ResolvedBase], tuned: Sequence[TunedModelRow]
) -> list[ModelObject]:
    """Write everything that can be served: bases, aliases, tuned models and checkpoints."""
    return [base_object(base) for base in bases] + [tuned_object(row) for row in tuned]
