"""Which weights of a model LoRA trains, and which it leaves as they are."""

from collections.abc import Collection
from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel

from understudy.modeling.experts import EXPERTS, shape_of, weight_names
from understudy.modeling.lora import adapted_experts, lora_layers
from understudy.modeling.vision.language import language_modules
from understudy.wording import Sentence, worded

# Routers and short convolutions are a thousandth of a model; nobody has to know of them.
_MIN_SHARE = 0.01


@dataclass(frozen=True, kw_only=True)
class LoraReach:
    """What an adapter can change of a model."""

    trained: tuple[str, ...]
    """Last parts of the names of the linear layers that have an update, and experts' parameters."""
    left_out: tuple[str, ...]
    """Weights that are no linear layers, such as the experts of a mixture, by their last names."""
    left_out_share: float
    """Of all weights of the model, how many these are."""


def lora_reach(model: PreTrainedModel, targets: Collection[str] = ()) -> LoraReach:
    """Find what LoRA on these layers leaves out; raises InvalidRequestError as `add_lora` does."""
    trained = sorted({_last(name) for name in lora_layers(model, targets)})
    experts = adapted_experts(model, targets)
    trained += dict.fromkeys(f"{EXPERTS}.{one}" for _, names in experts.values() for one in names)
    left_out: dict[str, int] = {}
    for name, module in language_modules(model):
        if isinstance(module, nn.Linear | nn.Embedding):
            continue
        adapted = experts[name][1] if name in experts else ()
        for parameter_name, parameter in module.named_parameters(recurse=False):
            # Two dimensions of experts' parameters are their biases.
            if parameter.dim() > 1 and parameter_name not in adapted:
                shown = f"{_last(name)}.{parameter_name}"
                left_out[shown] = left_out.get(shown, 0) + parameter.numel()
    total = model.num_parameters()
    return LoraReach(
        trained=tuple(trained),
        left_out=tuple(name for name, count in left_out.items() if count >= _MIN_SHARE * total),
        left_out_share=sum(left_out.values()) / max(total, 1),
    )


def left_out_in_words(model: PreTrainedModel, targets: Collection[str] = ()) -> Sentence | None:
    """Say which large weights LoRA leaves as they are; None where there are none."""
    reach = lora_reach(model, targets)
    if not reach.left_out:
        return None
    return worded(
        "job.lora.left_out",
        "LoRA trains {trained}. It does not train {left_out}, which are no "
        "linear layers and hold {share:.0%} of the model's weights; "
        'training = "full" trains all.',
        trained=_listed(reach.trained),
        left_out=_listed(reach.left_out),
        share=reach.left_out_share,
    )


def experts_in_words(model: PreTrainedModel, targets: Collection[str] = ()) -> Sentence | None:
    """Say what LoRA trains of a mixture's experts; None where it trains none."""
    found = adapted_experts(model, targets).values()
    if not found:
        return None
    experts, _ = next(iter(found))
    names = dict.fromkeys(f"{EXPERTS}.{name}" for _, names in found for name in names)
    count, _, _ = shape_of(experts, weight_names(experts)[-1])
    return worded(
        "job.lora.experts",
        "LoRA trains {names} too, with an update for each of the {count:,} "
        "experts of a layer; lora_targets in understudy.toml chooses other "
        "layers.",
        names=_listed(names),
        count=count,
    )


def _listed(names: Collection[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _last(name: str) -> str:
    return name.rpartition(".")[2]
