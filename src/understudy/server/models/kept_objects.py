"""Models that are kept, and the room that they take, as the objects that stand on the wire."""

from understudy.registry.catalogue import ResolvedBase
from understudy.registry.tuning import TrainedWeights
from understudy.schemas.kept_models import (
    DiskKind,
    DiskPart,
    DiskUse,
    KeptKind,
    KeptModel,
    ModelFigure,
)
from understudy.server.models.kept import DiskUses, Figure, Known, weights_of
from understudy.server.models.objects import model_object
from understudy.server.models.service import Alias, AnyModel
from understudy.server.services import Services
from understudy.storage.models import ModelKind
from understudy.storage.tables.jobs import TunedModelRow

_KINDS: tuple[DiskKind, ...] = ("bases", "tuned", "checkpoints", "exports", "files", "logs")


def kept_model(model: AnyModel, known: Known, services: Services, project_id: str) -> KeptModel:
    """Write what is known of a model; blocks where its files were never read."""
    shown = model_object(model, known.held.get(model.name))
    own, base = weights_of(model, services.catalogue(), services.weights)
    tuned = model if isinstance(model, TunedModelRow) else None
    is_own = tuned is not None and tuned.project_id == project_id
    is_result = tuned is not None and tuned.kind == ModelKind.FINAL
    is_adapter = tuned is not None and tuned.trained != TrainedWeights.FULL
    counts = [weights.parameters for weights in (own, base) if weights is not None]
    is_counted = counts and None not in counts and (not is_adapter or base is not None)
    alias_of = _alias_of(model)
    # An adapter does not say what its base reads.
    read = base or own
    return KeptModel(
        id=shown.id,
        kind=_kind(model),
        created=shown.created,
        owned_by=shown.owned_by,
        alias_of=alias_of,
        base=None if tuned is None else tuned.base,
        parameters=sum(count or 0 for count in counts) if is_counted else None,
        trained_parameters=None if tuned is None or own is None else own.parameters,
        context=None if read is None else read.context,
        # What an alias of a base stands for is counted there.
        bytes=None if own is None or alias_of is not None else own.bytes,
        last_used_at=known.uses.get(shown.id),
        job_id=tuned.job_id if tuned is not None and is_own else None,
        step=None if tuned is None else tuned.step,
        figure=_figure(known.figures.get(tuned.job_id)) if tuned and is_own and is_result else None,
        held_because=shown.held_because,
    )


def disk_object(uses: DiskUses) -> DiskUse:
    """Write what is kept and the room that it takes."""
    sizes = (uses.bases, uses.tuned, uses.checkpoints, uses.exports, uses.files, uses.logs)
    return DiskUse(
        data=[
            DiskPart(
                kind=kind,
                belongs_to="server" if kind == "bases" else "project",
                count=size.count,
                bytes=size.bytes,
            )
            for kind, size in zip(_KINDS, sizes, strict=True)
        ],
        total_bytes=sum(size.bytes for size in sizes),
        free_bytes=uses.free_bytes,
    )


def _kind(model: AnyModel) -> KeptKind:
    if _alias_of(model) is not None:
        return "alias"
    if isinstance(model, TunedModelRow):
        return "tuned" if model.kind == ModelKind.FINAL else "checkpoint"
    if isinstance(model, ResolvedBase):
        return "base"
    task = model_object(model).task
    return "embedding" if task == "embedding" else "remote"


def _alias_of(model: AnyModel) -> str | None:
    if isinstance(model, Alias):
        return model.model
    if isinstance(model, ResolvedBase) and model.name != model.base.name:
        return model.base.name
    return None


def _figure(figure: Figure | None) -> ModelFigure | None:
    if figure is None:
        return None
    return ModelFigure.model_validate(
        {"measure": figure.measure, "base": figure.base, "tuned": figure.tuned}
    )
