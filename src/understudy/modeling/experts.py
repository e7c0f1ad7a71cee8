"""LoRA on the experts of a mixture, whose weights stand in one parameter for all of them.

T tokens, K experts of a token, E experts, R rank, I inputs and O outputs of one expert's matrix.
"""

from collections.abc import Callable, Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

EXPERTS = "experts"
"""What every architecture calls the module that holds them."""

Update = Callable[[str, int, Tensor, Tensor], Tensor | None]
"""Takes a parameter's name, an expert, its inputs [n, I] and which of the T tokens they are, [n];
gives what is added to the outputs [n, O], or None."""


class ExpertUpdate(nn.Module):
    """The trained low-rank update of one parameter [E, O, I], or [E, I, O] where it is transposed.

    A and B are laid out as PEFT's `target_parameters` has them: A [E·R, I] expert after expert, and
    B [O, R·E] in which an expert's columns are E apart. Both are float32 masters.
    """

    def __init__(self, count: int, inputs: int, outputs: int, *, rank: int, scaling: float) -> None:
        super().__init__()
        self.count = count
        self.scaling = scaling
        self.a_RI = nn.Parameter(torch.empty(count * rank, inputs, dtype=torch.float32))
        self.b_OR = nn.Parameter(torch.zeros(outputs, rank * count, dtype=torch.float32))

    def of_experts(self, dtype: torch.dtype) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Return each expert's A [R, I], and its B [O, R] with the scaling in it."""
        a_ERI, b_EOR = expert_by_expert(self.a_RI, self.b_OR, count=self.count)
        # Unbound once: an index for each expert would make a gradient of full size for each.
        return a_ERI.to(dtype).unbind(0), (b_EOR.to(dtype) * self.scaling).unbind(0)


class LoraExperts(nn.Module):
    """The frozen experts of a layer plus trained low-rank updates of some of their parameters."""

    def __init__(self, experts: nn.Module, updates: dict[str, ExpertUpdate]) -> None:
        super().__init__()
        self.experts = experts
        self.updates = nn.ModuleDict(updates)

    def forward(self, hidden_TI: Tensor, index_TK: Tensor, weights_TK: Tensor) -> Tensor:
        """Return the weighted sum of each token's experts."""
        factors = {
            name: cast(ExpertUpdate, update).of_experts(hidden_TI.dtype)
            for name, update in self.updates.items()
        }

        def update(name: str, expert: int, x: Tensor, _tokens: Tensor) -> Tensor | None:
            if name not in factors:
                return None
            a_ERI, b_EOR = factors[name]
            return functional.linear(functional.linear(x, a_ERI[expert]), b_EOR[expert])

        return run_experts(self.experts, hidden_TI, index_TK, weights_TK, update)


def run_experts(
    experts: nn.Module, hidden_TI: Tensor, index_TK: Tensor, weights_TK: Tensor, update: Update
) -> Tensor:
    """Compute what transformers' own experts do, with an update of every matrix product.

    The loop over experts is that of its plain implementation, by the marks that its classes carry.
    """
    known = cast(Any, experts)
    first = _first_name(experts)
    out_TO = torch.zeros_like(hidden_TI)
    chosen = index_TK.reshape(-1)
    order = chosen.argsort(stable=True)
    counts: list[int] = torch.bincount(chosen, minlength=known.num_experts).tolist()
    for expert, places in enumerate(order.split(counts)):
        if expert >= known.num_experts or not len(places):
            continue
        tokens = places // index_TK.shape[1]
        x = _product(experts, first, expert, hidden_TI[tokens], tokens, update)
        x = known._apply_gate(x) if known.has_gate else known.act_fn(x)
        x = _product(experts, _LAST, expert, x, tokens, update)
        if known.has_post_expert_norm:
            x = known.post_expert_norm(x)
        x = x * weights_TK.reshape(-1)[places, None]
        out_TO = out_TO.index_add(0, tokens, x.to(out_TO.dtype))
    return out_TO


def expert_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Return by name the experts that can be adapted: those of transformers' common interface."""
    for name, module in model.named_modules():
        if is_adaptable(module) and name.rpartition(".")[2] == EXPERTS:
            yield name, module


def is_adaptable(module: nn.Module) -> bool:
    """Whether a module is experts that `run_experts` can compute."""
    marks = ("_apply_gate", "has_gate", "has_bias", "has_post_expert_norm", "is_transposed")
    return (
        all(hasattr(module, mark) for mark in marks)
        and hasattr(module, "num_experts")
        and all(
            isinstance(weight := getattr(module, name, None), nn.Parameter) and weight.dim() == 3
            for name in weight_names(module)
        )
    )


def weight_names(experts: nn.Module) -> tuple[str, str]:
    """Return the names of the parameters that can be adapted, in the order of computation."""
    return _first_name(experts), _LAST


def shape_of(experts: nn.Module, name: str) -> tuple[int, int, int]:
    """Return how many experts a parameter holds, and the inputs and outputs of each."""
    count, rows, columns = getattr(experts, name).shape
    is_transposed = cast(Any, experts).is_transposed
    return (count, rows, columns) if is_transposed else (count, columns, rows)


def expert_by_expert(a_RI: Tensor, b_OR: Tensor, *, count: int) -> tuple[Tensor, Tensor]:
    """Return A [E, R, I] and B [E, O, R] of what `ExpertUpdate` holds, as views."""
    return (
        a_RI.view(count, -1, a_RI.shape[1]),
        b_OR.view(len(b_OR), -1, count).permute(2, 0, 1),
    )


def merge_update(
    experts: nn.Module, name: str, a_RI: Tensor, b_OR: Tensor, *, scaling: float
) -> None:
    """Add an update to the parameter that it belongs to."""
    weight = cast(nn.Parameter, getattr(experts, name))
    a_ERI, b_EOR = expert_by_expert(a_RI.float(), b_OR.float(), count=len(weight))
    update_EOI = scaling * (b_EOR @ a_ERI).to(weight.device)
    update = update_EOI.mT if cast(Any, experts).is_transposed else update_EOI
    weight.copy_(weight.float() + update)


_LAST = "down_proj"


def _first_name(experts: nn.Module) -> str:
    return "gate_up_proj" if getattr(experts, "has_gate", True) else "up_proj"


def _product(
    experts: nn.Module, name: str, expert: int, x: Tensor, tokens: Tensor, update: Update
) -> Tensor:
    known = cast(Any, experts)
    weight: Tensor = getattr(experts, name)[expert]
    y = x @ weight if known.is_transposed else functional.linear(x, weight)
    if known.has_bias:
        y = y + getattr(experts, f"{name}_bias")[expert]
    added = update(name, expert, x, tokens)
    return y if added is None else y + added
