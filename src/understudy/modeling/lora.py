"""Our LoRA layer, and adapters on disk as PEFT directories.

R rank, I inputs and O outputs of a linear layer.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.modeling.tensors import read_tensors, write_tensors

_PREFIX = "base_model.model."


class LoraLinear(nn.Module):
    """A frozen linear layer plus a trained low-rank update: y = x Wᵀ + s · (x Aᵀ) Bᵀ.

    A and B are float32 masters, cast to the layer's dtype in each forward pass.
    Source: Hu et al. 2021, arXiv:2106.09685, section 4.1, with s = alpha / rank.
    """

    def __init__(self, linear: nn.Linear, *, rank: int, scaling: float) -> None:
        super().__init__()
        self.linear = linear
        self.scaling = scaling
        self.a_RI = nn.Parameter(torch.empty(rank, linear.in_features, dtype=torch.float32))
        self.b_OR = nn.Parameter(torch.zeros(linear.out_features, rank, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output for inputs [..., I]."""
        low = functional.linear(x, self.a_RI.to(x.dtype))
        update = functional.linear(low, self.b_OR.to(x.dtype) * self.scaling)
        return self.linear(x) + update


@dataclass(frozen=True, kw_only=True)
class AdapterWeights:
    """A LoRA adapter as it stands on disk."""

    rank: int
    alpha: float
    layers: Mapping[str, tuple[Tensor, Tensor]]
    """For each linear layer's module name its A [R, I] and B [O, R]."""

    @property
    def scaling(self) -> float:
        """The factor on the update."""
        return self.alpha / self.rank


def add_lora(
    model: PreTrainedModel, *, rank: int, alpha: float, seed: int, targets: Collection[str] = ()
) -> dict[str, LoraLinear]:
    """Wrap linear layers and return the new ones by module name.

    `targets` are last parts of module names, as in PEFT; none means every linear layer but the
    head. At the start B is zero, so the model computes exactly what the base does.

    Raises InvalidRequestError when the model has no such layer.
    """
    generator = torch.Generator().manual_seed(seed)
    layers: dict[str, LoraLinear] = {}
    for name, linear in lora_layers(model, targets).items():
        layer = LoraLinear(linear, rank=rank, scaling=alpha / rank)
        # PEFT's default for A: Kaiming uniform with a = sqrt(5), which is uniform in ±1/sqrt(I).
        bound = linear.in_features**-0.5
        with torch.no_grad():
            layer.a_RI.uniform_(-bound, bound, generator=generator)
        layers[name] = layer
        _replace(model, name, layer.to(linear.weight.device))
    return layers


def count_lora_weights(model: PreTrainedModel, *, rank: int, targets: Collection[str]) -> int:
    """Return how many weights `add_lora` would add; raises InvalidRequestError as it does."""
    layers = lora_layers(model, targets).values()
    return sum(rank * (layer.in_features + layer.out_features) for layer in layers)


def lora_layers(model: PreTrainedModel, targets: Collection[str]) -> dict[str, nn.Linear]:
    """Return by name what `add_lora` would wrap; raises InvalidRequestError as it does."""
    head = model.get_output_embeddings()
    body = {name: layer for name, layer in _linear_layers(model) if layer is not head}
    present = {name.rpartition(".")[2] for name in body}
    absent = sorted(set(targets) - present)
    if absent or not body:
        raise InvalidRequestError(
            f"The model has no linear layers named {', '.join(absent) or 'anything'}; "
            f"LoRA can adapt: {', '.join(sorted(present)) or 'none of its layers'}.",
            code="model_not_available",
            param="model",
        )
    return {
        name: layer
        for name, layer in body.items()
        if not targets or name.rpartition(".")[2] in targets
    }


def has_lora_layers(model: PreTrainedModel) -> bool:
    """Whether the model has linear layers besides its head."""
    head = model.get_output_embeddings()
    return any(layer is not head for _, layer in _linear_layers(model))


def remove_lora(model: PreTrainedModel, layers: Mapping[str, LoraLinear]) -> None:
    """Put the base's own layers back, so that the loaded base can serve the next job."""
    for name, layer in layers.items():
        _replace(model, name, layer.linear)


def set_adapter(layers: Mapping[str, LoraLinear], weights: AdapterWeights) -> None:
    """Copy an adapter's weights into layers of the same shape, to continue training it.

    Raises InvalidRequestError when it has other layers.
    """
    shapes = {name: (layer.a_RI.shape, layer.b_OR.shape) for name, layer in layers.items()}
    if shapes != {name: (a_RI.shape, b_OR.shape) for name, (a_RI, b_OR) in weights.layers.items()}:
        raise InvalidRequestError(
            f"The adapter has {len(weights.layers)} layers of rank {weights.rank}, which are not "
            "those that this base has now; was the base changed since?"
        )
    with torch.no_grad():
        for name, layer in layers.items():
            a_RI, b_OR = weights.layers[name]
            layer.a_RI.copy_(a_RI)
            layer.b_OR.copy_(b_OR)


def merge_adapter(model: PreTrainedModel, weights: AdapterWeights) -> None:
    """Add an adapter's update to the weights that it belongs to.

    Raises InvalidRequestError when the model has no such weights.
    """
    linear = dict(_linear_layers(model))
    with torch.no_grad():
        for name, (a_RI, b_OR) in weights.layers.items():
            layer = linear.get(name)
            if layer is None or layer.weight.shape != (len(b_OR), a_RI.shape[1]):
                raise InvalidRequestError(
                    f"The adapter changes {name}, which this base does not have in that shape; "
                    "was the base changed since?"
                )
            update = weights.scaling * (b_OR.float() @ a_RI.float())
            layer.weight.copy_(layer.weight.float() + update.to(layer.weight.device))


def copy_adapter(layers: Mapping[str, LoraLinear], *, rank: int, alpha: float) -> AdapterWeights:
    """Copy the weights of layers in training, so that further steps do not change them."""
    copied = {
        name: (layer.a_RI.detach().to("cpu", copy=True), layer.b_OR.detach().to("cpu", copy=True))
        for name, layer in layers.items()
    }
    return AdapterWeights(rank=rank, alpha=alpha, layers=copied)


def save_adapter(directory: Path, weights: AdapterWeights, *, base: str) -> None:
    """Write a PEFT adapter directory that `peft`, vLLM and our engine load."""
    tensors: dict[str, Tensor] = {}
    for name, (a_RI, b_OR) in weights.layers.items():
        tensors[f"{_PREFIX}{name}.lora_A.weight"] = a_RI
        tensors[f"{_PREFIX}{name}.lora_B.weight"] = b_OR
    write_tensors(directory / "adapter_model.safetensors", tensors)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": weights.rank,
        "lora_alpha": weights.alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": sorted({name.rsplit(".", 1)[-1] for name in weights.layers}),
        "inference_mode": True,
    }
    (directory / "adapter_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")


def read_adapter(directory: Path) -> AdapterWeights:
    """Read a PEFT adapter directory."""
    config = json.loads((directory / "adapter_config.json").read_text(encoding="utf-8"))
    tensors = read_tensors(directory / "adapter_model.safetensors")
    ending = ".lora_A.weight"
    names = [key.removeprefix(_PREFIX).removesuffix(ending) for key in tensors if ending in key]
    layers = {
        name: (
            tensors[f"{_PREFIX}{name}.lora_A.weight"],
            tensors[f"{_PREFIX}{name}.lora_B.weight"],
        )
        for name in names
    }
    return AdapterWeights(rank=config["r"], alpha=config["lora_alpha"], layers=layers)


def _linear_layers(model: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            yield name, module


def _replace(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, module)
