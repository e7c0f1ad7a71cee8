"""Our LoRA layer, and adapters on disk as PEFT directories.

R rank, I inputs and O outputs of a linear layer.
"""

import json
import re
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.modeling.experts import (
    EXPERTS,
    ExpertUpdate,
    LoraExperts,
    expert_modules,
    is_adaptable,
    merge_update,
    shape_of,
    weight_names,
)
from understudy.modeling.tensors import read_tensors, write_tensors
from understudy.modeling.vision.language import language_modules

_PREFIX = "base_model.model."
_INNER = ".base_layer"
_PATHS = ("", EXPERTS)
"""What the path of an experts' parameter ends with among PEFT's targets."""
# PEFT takes layers of these names for the experts of older files and renames them. Named as
# parameters, the layers of shared experts and of dense layers have the same update.
_ONCE_EXPERTS = ("gate", "gate_proj", "up_proj", "down_proj", "w1", "w2", "w3")


_FEW_TOKENS = 64
"""Up to so many, a product of low rank costs its call, and that of float32 costs less."""


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
        self._held: tuple[Tensor, Tensor] | None = None
        self._held_wide: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output for inputs [..., I]."""
        if self._held_wide is not None and x.shape[:-1].numel() <= _FEW_TOKENS:
            a_RI, b_OR = self._held_wide
            y: Tensor = self.linear(x)
            y.flatten(0, -2).add_(x.flatten(0, -2).float().mm(a_RI.T).mm(b_OR.T))
            return y
        a_RI, b_OR = self._cast(x.dtype) if self._held is None else self._held
        return self.linear(x) + functional.linear(functional.linear(x, a_RI), b_OR)

    @contextmanager
    def held(self, dtype: torch.dtype) -> Generator[None]:
        """Let A and B be cast once, for inputs of this dtype, while nobody trains them."""
        with torch.no_grad():
            a_RI, b_OR = self._held = self._cast(dtype)
            if dtype != torch.float32 and a_RI.device.type == "cpu":
                self._held_wide = a_RI.float(), b_OR.float()
        try:
            yield
        finally:
            self._held = self._held_wide = None

    def _cast(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        return self.a_RI.to(dtype), self.b_OR.to(dtype) * self.scaling


LoraLayer = LoraLinear | ExpertUpdate
"""Something that has an update of its own, with its A and B."""


@dataclass(frozen=True, kw_only=True)
class AdapterWeights:
    """A LoRA adapter as it stands on disk."""

    rank: int
    alpha: float
    layers: Mapping[str, tuple[Tensor, Tensor]]
    """For each linear layer's module name its A [R, I] and B [O, R]; for each parameter of experts,
    by the parameter's name, what `ExpertUpdate` holds."""

    @property
    def scaling(self) -> float:
        """The factor on the update."""
        return self.alpha / self.rank


def add_lora(
    model: PreTrainedModel, *, rank: int, alpha: float, seed: int, targets: Collection[str] = ()
) -> dict[str, LoraLayer]:
    """Wrap linear layers and experts, and return what is trained of them by name.

    `targets` are last parts of the names of modules, as in PEFT, or of experts' parameters; none
    means every linear layer but the head, and all experts. At the start B is zero, so the model
    computes exactly what the base does.

    Raises InvalidRequestError when the model has no such layer.
    """
    generator = torch.Generator().manual_seed(seed)
    layers: dict[str, LoraLayer] = {}
    adapted = adapted_experts(model, targets)
    for name, linear in lora_layers(model, targets).items():
        layer = LoraLinear(linear, rank=rank, scaling=alpha / rank)
        _initialise(layer.a_RI, generator)
        layers[name] = layer
        _replace(model, name, layer.to(linear.weight.device))
    for name, (experts, parameters) in adapted.items():
        updates: dict[str, ExpertUpdate] = {}
        for parameter in parameters:
            shape = shape_of(experts, parameter)
            updates[parameter] = ExpertUpdate(*shape, rank=rank, scaling=alpha / rank)
            _initialise(updates[parameter].a_RI, generator)
            layers[f"{name}.{parameter}"] = updates[parameter]
        device = getattr(experts, parameters[0]).device
        _replace(model, name, LoraExperts(experts, updates).to(device))
    return layers


def _initialise(a_RI: nn.Parameter, generator: torch.Generator) -> None:
    # PEFT's default for A: Kaiming uniform with a = sqrt(5), which is uniform in ±1/sqrt(I).
    bound = a_RI.shape[1] ** -0.5
    with torch.no_grad():
        a_RI.uniform_(-bound, bound, generator=generator)


def count_lora_weights(model: PreTrainedModel, *, rank: int, targets: Collection[str]) -> int:
    """Return how many weights `add_lora` would add; raises InvalidRequestError as it does."""
    layers = lora_layers(model, targets).values()
    count = sum(rank * (layer.in_features + layer.out_features) for layer in layers)
    return count + count_expert_weights(model, rank=rank, targets=targets)


def count_expert_weights(model: PreTrainedModel, *, rank: int, targets: Collection[str]) -> int:
    """Return how many weights `add_lora` would add to experts."""
    return sum(
        rank * number * (inputs + outputs)
        for experts, parameters in adapted_experts(model, targets).values()
        for number, inputs, outputs in (shape_of(experts, name) for name in parameters)
    )


def lora_layers(model: PreTrainedModel, targets: Collection[str]) -> dict[str, nn.Linear]:
    """Return by name the linear layers that `add_lora` would wrap; raises as it does."""
    head = model.get_output_embeddings()
    body = {
        name: layer
        for name, layer in language_modules(model)
        if isinstance(layer, nn.Linear) and layer is not head
    }
    present = {name.rpartition(".")[2] for name in body}
    present |= {name for _, experts in expert_modules(model) for name in weight_names(experts)}
    absent = sorted(set(targets) - present)
    if absent or not present:
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


def adapted_experts(
    model: PreTrainedModel, targets: Collection[str]
) -> dict[str, tuple[nn.Module, list[str]]]:
    """Return by module name the experts that `add_lora` would wrap, and which of their parameters.

    The targets are known to be there.
    """
    found: dict[str, tuple[nn.Module, list[str]]] = {}
    for name, experts in expert_modules(model):
        parameters = [one for one in weight_names(experts) if not targets or one in targets]
        if parameters:
            found[name] = experts, parameters
    return found


def has_lora_layers(model: PreTrainedModel) -> bool:
    """Whether the model has linear layers besides its head, or experts."""
    head = model.get_output_embeddings()
    linear = (layer for _, layer in language_modules(model) if isinstance(layer, nn.Linear))
    return any(layer is not head for layer in linear) or any(True for _ in expert_modules(model))


@contextmanager
def held_adapter(model: PreTrainedModel) -> Generator[None]:
    """Let linear layers cast their adapter once instead of in every forward, without gradients."""
    with ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, LoraLinear):
                stack.enter_context(module.held(model.dtype))
        yield


def remove_lora(model: PreTrainedModel, layers: Mapping[str, LoraLayer]) -> None:
    """Put the base's own layers back, so that the loaded base can serve the next job."""
    for name, layer in layers.items():
        if isinstance(layer, LoraLinear):
            _replace(model, name, layer.linear)
            continue
        module_name = name.rpartition(".")[0]
        module = model.get_submodule(module_name)
        if isinstance(module, LoraExperts):
            _replace(model, module_name, module.experts)


def set_adapter(layers: Mapping[str, LoraLayer], weights: AdapterWeights) -> None:
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
    experts = dict(expert_modules(model))
    with torch.no_grad():
        for name, (a_RI, b_OR) in weights.layers.items():
            module_name, _, parameter = name.rpartition(".")
            if module_name in experts and updates_experts(
                experts[module_name], parameter, a_RI, b_OR, rank=weights.rank
            ):
                merge_update(experts[module_name], parameter, a_RI, b_OR, scaling=weights.scaling)
                continue
            layer = linear.get(name)
            if layer is None or layer.weight.shape != (len(b_OR), a_RI.shape[1]):
                raise InvalidRequestError(
                    f"The adapter changes {name}, which this base does not have in that shape; "
                    "was the base changed since?"
                )
            update = weights.scaling * (b_OR.float() @ a_RI.float())
            layer.weight.copy_(layer.weight.float() + update.to(layer.weight.device))


def updates_experts(
    experts: nn.Module, parameter: str, a_RI: Tensor, b_OR: Tensor, *, rank: int
) -> bool:
    """Whether this is an update of such a rank for a parameter of these experts."""
    if not is_adaptable(experts) or parameter not in weight_names(experts):
        return False
    count, inputs, outputs = shape_of(experts, parameter)
    return a_RI.shape == (count * rank, inputs) and b_OR.shape == (outputs, rank * count)


def copy_adapter(layers: Mapping[str, LoraLayer], *, rank: int, alpha: float) -> AdapterWeights:
    """Copy the weights of layers in training, so that further steps do not change them."""
    copied = {
        name: (layer.a_RI.detach().to("cpu", copy=True), layer.b_OR.detach().to("cpu", copy=True))
        for name, layer in layers.items()
    }
    return AdapterWeights(rank=rank, alpha=alpha, layers=copied)


def save_adapter(directory: Path, weights: AdapterWeights, *, base: str, within: str = "") -> None:
    """Write a PEFT adapter directory that `peft`, vLLM and our engine load.

    `within` is the path of the language model in a model that has more than that, so that no layer
    of the same name beside it is taken for an adapted one.
    """
    tensors: dict[str, Tensor] = {}
    of_experts = {name for name in weights.layers if _is_of_experts(name)}
    parameters = _innermost_first({_last(name) for name in of_experts})
    for name, (a_RI, b_OR) in weights.layers.items():
        key = _PREFIX + (_wrapped(name, parameters) if name in of_experts else name)
        tensors[f"{key}.lora_A.weight"] = a_RI
        tensors[f"{key}.lora_B.weight"] = b_OR
    write_tensors(directory / "adapter_model.safetensors", tensors)
    linear = sorted({_last(name) for name in weights.layers.keys() - of_experts})
    targets = _targets_beside_experts(linear, parameters) if of_experts else {}
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": weights.rank,
        "lora_alpha": weights.alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": _inside(within, linear) if within else linear,
        "inference_mode": True,
        **targets,
    }
    (directory / "adapter_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")


def _inside(path: str, layers: Sequence[str]) -> str:
    """Return a pattern that PEFT matches with whole names of modules."""
    return rf"{re.escape(path)}\..*\.({'|'.join(map(re.escape, layers))})"


def read_adapter(directory: Path) -> AdapterWeights:
    """Read a PEFT adapter directory."""
    config = json.loads((directory / "adapter_config.json").read_text(encoding="utf-8"))
    tensors = read_tensors(directory / "adapter_model.safetensors")
    ending = ".lora_A.weight"
    names = [key.removeprefix(_PREFIX).removesuffix(ending) for key in tensors if ending in key]
    targets = [name.rpartition(".") for name in config.get("target_parameters") or ()]
    parameters = _innermost_first({last for path, _, last in targets if _last(path) in _PATHS})
    layers = {
        _unwrapped(name, parameters): (
            tensors[f"{_PREFIX}{name}.lora_A.weight"],
            tensors[f"{_PREFIX}{name}.lora_B.weight"],
        )
        for name in names
    }
    return AdapterWeights(rank=config["r"], alpha=config["lora_alpha"], layers=layers)


def _targets_beside_experts(
    layers: Sequence[str], parameters: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """Return PEFT's settings for an adapter of these linear layers and parameters of experts."""
    taken = [name for name in layers if name in _ONCE_EXPERTS]
    return {
        "target_modules": [name for name in layers if name not in taken],
        "target_parameters": [f"{EXPERTS}.{name}" for name in parameters]
        + [f"{name}.weight" for name in taken],
    }


def _is_of_experts(name: str) -> bool:
    return _last(name.rpartition(".")[0]) == EXPERTS


def _innermost_first(parameters: Collection[str]) -> list[str]:
    """Order parameters of experts as PEFT nests their updates: as the modules declare them."""
    return sorted(parameters, key=lambda name: (name == "down_proj", name))


def _wrapped(name: str, parameters: Sequence[str]) -> str:
    """Return PEFT's name of a parameter's update: a wrapper in a wrapper for each further one."""
    module_name, _, parameter = name.rpartition(".")
    return module_name + _INNER * (len(parameters) - 1 - parameters.index(parameter))


def _unwrapped(name: str, parameters: Sequence[str]) -> str:
    module_name = name.replace(_INNER, "")
    depth = (len(name) - len(module_name)) // len(_INNER)
    if _last(module_name) != EXPERTS or depth >= len(parameters):
        return name
    return f"{module_name}.{parameters[-1 - depth]}"


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _linear_layers(model: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            yield name, module


def _replace(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(parent), leaf, module)
