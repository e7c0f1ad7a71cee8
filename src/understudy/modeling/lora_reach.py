"""Which weights of a model LoRA trains, and which it leaves as they are."""

from collections.abc import Collection
from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel

from understudy.modeling.lora import lora_layers

# Routers and short convolutions are a thousandth of a model; nobody has to know of them.
_MIN_SHARE = 0.01


@dataclass(frozen=True, kw_only=True)
class LoraReach:
    """What an adapter can change of a model."""

    trained: tuple[str, ...]
    """Last parts of the names of the linear layers that have an update."""
    left_out: tuple[str, ...]
    """Weights that are no linear layers, such as the experts of a mixture, by their last names."""
    left_out_share: float
    """Of all weights of the model, how many these are."""


def lora_reach(model: PreTrainedModel, targets: Collection[str] = ()) -> LoraReach:
    """Find what LoRA on these layers leaves out; raises InvalidRequestError as `add_lora` does."""
    trained = sorted({_last(name) for name in lora_layers(model, targets)})
    left_out: dict[str, int] = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            continue
        for parameter_name, parameter in module.named_parameters(recurse=False):
            if parameter.dim() > 1:
                shown = f"{_last(name)}.{parameter_name}"
                left_out[shown] = left_out.get(shown, 0) + parameter.numel()
    total = model.num_parameters()
    return LoraReach(
        trained=tuple(trained),
        left_out=tuple(name for name, count in left_out.items() if count >= _MIN_SHARE * total),
        left_out_share=sum(left_out.values()) / max(total, 1),
    )


def left_out_in_words(model: PreTrainedModel, targets: Collection[str] = ()) -> str | None:
    """Say which large weights LoRA leaves as they are; None where there are none."""
    reach = lora_reach(model, targets)
    if not reach.left_out:
        return None
    return (
        f"LoRA trains {_listed(reach.trained)}. It does not train {_listed(reach.left_out)}, "
        f"which are no linear layers and hold {reach.left_out_share:.0%} of the model's weights; "
        'training = "full" trains all.'
    )


def _listed(names: Collection[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _last(name: str) -> str:
    return name.rpartition(".")[2]
