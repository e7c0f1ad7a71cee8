"""Our LoRA layer, and adapters on disk as PEFT directories.

R rank, I inputs and O outputs of a linear layer.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

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
    model: PreTrainedModel, *, rank: int, alpha: float, seed: int
) -> dict[str, LoraLinear]:
    """Wrap every linear layer but the head; return the new layers by module name.

    At the start B is zero, so the model computes exactly what the base does.
    """
    head = model.get_output_embeddings()
    generator = torch.Generator().manual_seed(seed)
    layers: dict[str, LoraLinear] = {}
    for name, linear in list(_linear_layers(model)):
        if linear is head:
            continue
        layer = LoraLinear(linear, rank=rank, scaling=alpha / rank)
        # PEFT's default for A: Kaiming uniform with a = sqrt(5), which is uniform in ±1/sqrt(I).
        bound = linear.in_features**-0.5
        with torch.no_grad():
            layer.a_RI.uniform_(-bound, bound, generator=generator)
        layers[name] = layer
        _replace(model, name, layer.to(linear.weight.device))
    return layers


def remove_lora(model: PreTrainedModel, layers: Mapping[str, LoraLinear]) -> None:
    """Put the base's own layers back, so that the loaded base can serve the next job."""
    for name, layer in layers.items():
        _replace(model, name, layer.linear)


def set_adapter(layers: Mapping[str, LoraLinear], weights: AdapterWeights) -> None:
    """Copy an adapter's weights into layers of the same shape, to go on training it."""
    with torch.no_grad():
        for name, layer in layers.items():
            a_RI, b_OR = weights.layers[name]
            layer.a_RI.copy_(a_RI)
            layer.b_OR.copy_(b_OR)


def copy_adapter(layers: Mapping[str, LoraLinear], *, rank: int, alpha: float) -> AdapterWeights:
    """Copy the weights of layers in training, so that further steps do not change them."""
    copied = {
        name: (layer.a_RI.detach().clone(), layer.b_OR.detach().clone())
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
