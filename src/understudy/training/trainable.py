"""What a run trains of a model, and how that is written to disk: an adapter, or the whole model."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from understudy.chat.rendering.model_files import own_template
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import (
    add_lora,
    copy_adapter,
    merge_adapter,
    read_adapter,
    remove_lora,
    save_adapter,
    set_adapter,
)
from understudy.modeling.vision.language import language_parameters, language_path
from understudy.modeling.whole_models import copy_model, read_companions
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.saving import WriteInto


@dataclass(frozen=True, kw_only=True)
class Trainable:
    """The trained part of a model that is ready to be trained."""

    parameters: Sequence[nn.Parameter]
    """In an order that is the same whenever the same model is trained in the same way."""
    copy: Callable[[], WriteInto]
    """Copies the weights as they are now; what it returns writes them as a servable directory."""


def trainable(
    tuning: Tuning, base: LoadedBase, *, base_name: str, adapter: Path | None, seed: int
) -> AbstractContextManager[Trainable]:
    """Prepare a base for training as `tuning` says, for as long as the context lasts.

    `adapter` is a tuned model of this base that training continues: its own layers are trained
    further, or become part of the weights where all of those are trained.

    With LoRA the base is left as it was found. A run over all weights changes them: whoever wants
    the base again has to load it again.

    Raises InvalidRequestError when the model does not have the layers to adapt.
    """
    match tuning:
        case LoraTuning():
            return _lora(tuning, base, base_name, adapter, seed)
        case FullTuning():
            return _all_weights(base, adapter)


@contextmanager
def _lora(
    tuning: LoraTuning, base: LoadedBase, base_name: str, adapter: Path | None, seed: int
) -> Generator[Trainable]:
    # Read now, as below: it travels with the adapter, so that others prompt it as it was trained.
    template = own_template(base.directory)
    layers = add_lora(
        base.model, rank=tuning.rank, alpha=tuning.alpha, targets=tuning.targets, seed=seed
    )

    def copy() -> WriteInto:
        weights = copy_adapter(layers, rank=tuning.rank, alpha=tuning.alpha)

        def write(directory: Path) -> None:
            save_adapter(directory, weights, base=base_name, within=language_path(base.model))
            if template is not None:
                (directory / "chat_template.jinja").write_text(template, encoding="utf-8")

        return write

    try:
        if adapter is not None:
            set_adapter(layers, read_adapter(adapter))
        parameters = [p for layer in layers.values() for p in (layer.a_RI, layer.b_OR)]
        yield Trainable(parameters=parameters, copy=copy)
    finally:
        remove_lora(base.model, layers)


@contextmanager
def _all_weights(base: LoadedBase, adapter: Path | None) -> Generator[Trainable]:
    model = base.model
    # Read now: the base's directory may be away by the time the first checkpoint is written.
    companions = read_companions(base.directory)
    if adapter is not None:
        merge_adapter(model, read_adapter(adapter))
    parameters = language_parameters(model)
    for parameter in parameters:
        parameter.requires_grad_(True)
    try:
        yield Trainable(parameters=parameters, copy=lambda: copy_model(model, companions))
    finally:
        model.requires_grad_(False)
        model.zero_grad(set_to_none=True)
