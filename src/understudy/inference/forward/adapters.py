"""Many LoRA adapters beside one base: read on demand, and each row of a batch gets its own.

Dimensions: T tokens of the batch, I inputs and O outputs of a linear layer, R rank of one adapter,
W ranks of all adapters in the batch side by side, E experts of a layer, K experts of a token.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from cachetools import LRUCache
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn.functional import linear
from transformers import PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.inference.forward.packed_linear import PackedLinear
from understudy.inference.versions import Version
from understudy.modeling.experts import (
    expert_by_expert,
    is_adaptable,
    run_experts,
    shape_of,
    weight_names,
)
from understudy.modeling.lora import AdapterWeights, read_adapter, updates_experts

_UNSUPPORTED = (
    "use_dora",
    "use_rslora",
    "rank_pattern",
    "alpha_pattern",
    "modules_to_save",
    "fan_in_fan_out",
    "layer_replication",
    "trainable_token_indices",
    "lora_bias",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class ServedAdapter:
    """An adapter in memory, in the base's number format; compared by identity."""

    width: int
    """Its rank R."""
    layers: Mapping[str, tuple[Tensor, Tensor]]
    """For each linear layer A [R, I], and B [O, R] with the scaling already in it; for each
    parameter of experts A [E, R, I] and B [E, O, R]."""


@dataclass(frozen=True, kw_only=True)
class _Mix:
    """The adapters of one forward."""

    layers: Mapping[str, tuple[Tensor, Tensor]]
    """For each linear layer A [W, I] and B [O, W], for each parameter of experts A [E, W, I] and
    B [E, O, W]."""
    foreign_1TW: Tensor | None
    """Where a column is not of the token's adapter; None when every token has all columns."""


class AdapterBank:
    """The adapters of one base, at most `limit` of them in memory; the least recently used leaves.

    The base's linear layers are wrapped when an adapter that changes them is first read. Belongs to
    the thread that runs the model.
    """

    def __init__(self, model: PreTrainedModel, *, limit: int) -> None:
        self.mix: _Mix | None = None
        self._model = model
        self._adapters: LRUCache[Version, ServedAdapter] = LRUCache(limit)
        self._stacked: tuple[ServedAdapter, ...] = ()
        self._stacked_layers: Mapping[str, tuple[Tensor, Tensor]] = {}

    def __len__(self) -> int:
        return len(self._adapters)

    def get(self, version: Version) -> ServedAdapter:
        """Return the adapter of a PEFT directory, read if this version of it is not in memory.

        Raises InvalidRequestError for what is no LoRA adapter of this base.
        """
        if version not in self._adapters:
            self._adapters[version] = self._read(version.directory)
        return self._adapters[version]

    def activate(
        self, adapters: Sequence[ServedAdapter | None], token_counts: Sequence[int]
    ) -> None:
        """Let the next forward apply to each row its adapter; None is the base itself.

        The forward's rows lie one after the other, with so many tokens each.
        """
        members = tuple(dict.fromkeys(adapter for adapter in adapters if adapter is not None))
        if not members:
            self.mix = None
        elif len(members) == 1 and None not in adapters:
            self.mix = _Mix(layers=members[0].layers, foreign_1TW=None)
        else:
            self._stack(members)
            foreign_1TW = self._foreign(self._stacked, adapters, token_counts)
            self.mix = _Mix(layers=self._stacked_layers, foreign_1TW=foreign_1TW)

    def _stack(self, members: tuple[ServedAdapter, ...]) -> None:
        # Rows come and go at almost every step; a stack that holds a few adapters too many is
        # cheaper than a new one.
        is_enough = set(members) <= set(self._stacked)
        if not is_enough or len(self._stacked) > 2 * len(members):
            self._stacked, self._stacked_layers = members, _side_by_side(members)

    def _foreign(
        self,
        members: Sequence[ServedAdapter],
        adapters: Sequence[ServedAdapter | None],
        token_counts: Sequence[int],
    ) -> Tensor:
        widths = torch.tensor([adapter.width for adapter in members])
        owner_W = torch.arange(len(members)).repeat_interleave(widths)
        index = {adapter: number for number, adapter in enumerate(members)}
        of_rows = torch.tensor([-1 if adapter is None else index[adapter] for adapter in adapters])
        of_tokens_T = of_rows.repeat_interleave(torch.tensor(token_counts))
        return (owner_W != of_tokens_T[:, None])[None].to(self._model.device)

    def _read(self, directory: Path) -> ServedAdapter:
        weights = _read_lora(directory)
        layers: dict[str, tuple[Tensor, Tensor]] = {}
        for name, (a, b) in weights.layers.items():
            experts = self._experts_of(name)
            if experts is not None and updates_experts(
                experts, name.rpartition(".")[2], a, b, rank=weights.rank
            ):
                self._wrap_experts(name.rpartition(".")[0])
                a, b = expert_by_expert(a, b, count=shape_of(experts, name.rpartition(".")[2])[0])
            elif a.shape[0] == weights.rank:
                self._wrap(directory, name, inputs=a.shape[1], outputs=b.shape[0])
            else:
                raise _of_another_rank(directory)
            layers[name] = self._placed(a), self._placed(b.float() * weights.scaling)
        return ServedAdapter(width=weights.rank, layers=layers)

    def _experts_of(self, name: str) -> nn.Module | None:
        """Return the base's experts that a parameter of this name would belong to."""
        try:
            module = self._model.get_submodule(name.rpartition(".")[0])
        except AttributeError:
            return None
        experts = module.plain if isinstance(module, AdapterExperts) else module
        return experts if is_adaptable(experts) else None

    def _wrap_experts(self, name: str) -> None:
        module = self._model.get_submodule(name)
        if not isinstance(module, AdapterExperts):
            parent, _, leaf = name.rpartition(".")
            wrapped = AdapterExperts(module, name, self)
            setattr(self._model.get_submodule(parent), leaf, wrapped)

    def _placed(self, weight: Tensor) -> Tensor:
        return weight.to(self._model.device, self._model.dtype)

    def _wrap(self, directory: Path, name: str, *, inputs: int, outputs: int) -> None:
        try:
            layer = self._model.get_submodule(name)
        except AttributeError:
            layer = None
        plain = layer.plain if isinstance(layer, AdapterLinear) else layer
        # An expert sees the tokens sent to it, so nobody knows whose adapter they need.
        is_expert = "experts" in name.split(".")
        is_linear = isinstance(plain, nn.Linear | PackedLinear)
        if (
            is_expert
            or not is_linear
            or (plain.out_features, plain.in_features) != (outputs, inputs)
        ):
            raise InvalidRequestError(
                f"The adapter {directory.name} does not belong to this base model: "
                f"it changes {name}, which is not a linear layer of {inputs} inputs and "
                f"{outputs} outputs for all tokens there.",
                param="model",
            )
        if isinstance(layer, nn.Linear | PackedLinear):
            parent, _, leaf = name.rpartition(".")
            setattr(self._model.get_submodule(parent), leaf, AdapterLinear(layer, name, self))


class AdapterLinear(nn.Module):
    """A linear layer of the base plus what the batch's adapters add: y = xWᵀ + s (xAᵀ)Bᵀ."""

    def __init__(self, plain: nn.Linear | PackedLinear, name: str, bank: AdapterBank) -> None:
        super().__init__()
        self.plain = plain
        self._name = name
        self._bank = bank

    def forward(self, x_1TI: Tensor) -> Tensor:
        """Return the layer's output for each token with the adapter of its row."""
        y_1TO = self.plain(x_1TI)
        mix = self._bank.mix
        if mix is None or self._name not in mix.layers:
            return y_1TO
        a_WI, b_OW = mix.layers[self._name]
        low_1TW = linear(x_1TI, a_WI)
        if mix.foreign_1TW is not None:
            # A router sees the tokens without the leading dimension.
            foreign = mix.foreign_1TW if x_1TI.dim() == 3 else mix.foreign_1TW[0]
            # Not a product with zero: that would let another adapter's infinity through.
            low_1TW = low_1TW.masked_fill_(foreign, 0)
        # In place: the sum is the only thing left to do, and a second output would cost a pass.
        y_1TO.flatten(0, -2).addmm_(low_1TW.flatten(0, -2), b_OW.T)
        return y_1TO


class AdapterExperts(nn.Module):
    """The experts of a base plus what the batch's adapters add to each of their products."""

    def __init__(self, plain: nn.Module, name: str, bank: AdapterBank) -> None:
        super().__init__()
        self.plain = plain
        self._bank = bank
        self._names = {weight: f"{name}.{weight}" for weight in weight_names(plain)}

    def forward(self, hidden_TI: Tensor, index_TK: Tensor, weights_TK: Tensor) -> Tensor:
        """Return the weighted sum of each token's experts with the adapter of the token's row."""
        mix = self._bank.mix
        if mix is None or not any(name in mix.layers for name in self._names.values()):
            output: Tensor = self.plain(hidden_TI, index_TK, weights_TK)
            return output

        def update(weight: str, expert: int, x: Tensor, tokens: Tensor) -> Tensor | None:
            if self._names[weight] not in mix.layers:
                return None
            a_EWI, b_EOW = mix.layers[self._names[weight]]
            low = linear(x, a_EWI[expert])
            if mix.foreign_1TW is not None:
                low = low.masked_fill_(mix.foreign_1TW[0, tokens], 0)
            return linear(low, b_EOW[expert])

        return run_experts(self.plain, hidden_TI, index_TK, weights_TK, update)


def _side_by_side(members: Sequence[ServedAdapter]) -> Mapping[str, tuple[Tensor, Tensor]]:
    if len(members) == 1:
        return members[0].layers
    names = dict.fromkeys(name for adapter in members for name in adapter.layers)
    return {name: _side_by_side_layer(members, name) for name in names}


def _side_by_side_layer(members: Sequence[ServedAdapter], name: str) -> tuple[Tensor, Tensor]:
    a, b = next(adapter.layers[name] for adapter in members if name in adapter.layers)
    # Every adapter keeps its columns in every layer, zeros where it changes nothing, so that one
    # row mask serves all layers.
    parts = [
        adapter.layers.get(name)
        or (
            a.new_zeros(*a.shape[:-2], adapter.width, a.shape[-1]),
            b.new_zeros(*b.shape[:-1], adapter.width),
        )
        for adapter in members
    ]
    # The ranks of experts are side by side for each expert: the same dimensions from the end.
    return torch.cat([a for a, _ in parts], dim=-2), torch.cat([b for _, b in parts], dim=-1)


def _read_lora(directory: Path) -> AdapterWeights:
    try:
        config = json.loads((directory / "adapter_config.json").read_text(encoding="utf-8"))
        _refuse_unsupported(directory, config)
        weights = read_adapter(directory)
        tensors = _tensor_count(directory / "adapter_model.safetensors")
    except (OSError, ValueError, KeyError, SafetensorError) as problem:
        raise InvalidRequestError(
            f"The adapter {directory.name} cannot be read: {problem}", param="model"
        ) from problem
    if not _is_finite(weights):
        raise InvalidRequestError(
            f"The adapter {directory.name} is damaged: it holds weights that are not numbers.",
            param="model",
        )
    if tensors != 2 * len(weights.layers):
        raise _of_another_rank(directory)
    return weights


def _of_another_rank(directory: Path) -> InvalidRequestError:
    return InvalidRequestError(
        f"The adapter {directory.name} holds tensors that its adapter_config.json does not "
        "announce, or of another rank.",
        param="model",
    )


def _is_finite(weights: AdapterWeights) -> bool:
    # In a batch with others, B's columns meet every row: there, 0 times NaN would be NaN.
    return all(bool(w.isfinite().all()) for layer in weights.layers.values() for w in layer)


def _tensor_count(file: Path) -> int:
    with safe_open(file, framework="pt") as opened:  # pyright: ignore[reportUnknownVariableType]
        return len(cast(list[str], opened.keys()))


def _refuse_unsupported(directory: Path, config: Mapping[str, object]) -> None:
    wrong: Iterable[str] = [name for name in _UNSUPPORTED if config.get(name)]
    if config.get("peft_type") != "LORA":
        wrong = ["peft_type", *wrong]
    if config.get("bias", "none") != "none":
        wrong = ["bias", *wrong]
    if wrong:
        raise InvalidRequestError(
            f"The adapter {directory.name} is not a plain LoRA adapter and cannot be served; "
            f"look at these settings in its adapter_config.json: {', '.join(wrong)}.",
            param="model",
        )
