"""What an adapter adds to each tensor of a model's files, also where experts stand one by one.

E experts, R rank, I inputs and O outputs of a matrix.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from understudy.modeling.experts import expert_by_expert
from understudy.modeling.lora import AdapterWeights

Shapes = Mapping[str, tuple[int, ...]]

# How files name the modules and matrices of experts that stand one by one.
_PER_EXPERT = (
    (("", ""), {"gate": "gate_proj", "up": "up_proj", "down": "down_proj"}),
    ((".mlp.experts", ".block_sparse_moe.experts"), {"gate": "w1", "up": "w3", "down": "w2"}),
)
# Where the language model of a model that reads images is, in memory and in the files of some.
_LANGUAGE = "model.language_model."
_IN_FILES = (_LANGUAGE, "model.", "language_model.model.")
# In the order in which one parameter of all experts holds them, one below the other.
_PARTS = {"gate_up_proj": ("gate", "up"), "up_proj": ("up",), "down_proj": ("down",)}


@dataclass(frozen=True)
class MatrixUpdate:
    """A low-rank update of a matrix [O, I]."""

    a_RI: Tensor
    b_OR: Tensor

    def added_to(self, matrix_OI: Tensor, scaling: float) -> Tensor:
        """Return the sum in float32."""
        return torch.addmm(matrix_OI.float(), self.b_OR.float(), self.a_RI.float(), alpha=scaling)


@dataclass(frozen=True)
class ExpertsUpdate:
    """A low-rank update of the matrices of all experts, [E, O, I], or [E, I, O] transposed."""

    a_RI: Tensor
    b_OR: Tensor
    is_transposed: bool

    def added_to(self, weight: Tensor, scaling: float) -> Tensor:
        """Return the sum in float32."""
        a_ERI, b_EOR = expert_by_expert(self.a_RI.float(), self.b_OR.float(), count=len(weight))
        left, right = (a_ERI.mT, b_EOR.mT) if self.is_transposed else (b_EOR, a_ERI)
        return torch.baddbmm(weight.float(), left, right, alpha=scaling)


def updates_of(
    layer: str, adapter: AdapterWeights, shapes: Shapes
) -> dict[str, MatrixUpdate | ExpertsUpdate]:
    """Return by the name of each tensor what the update of one of an adapter's layers adds to it.

    Nothing where the files do not hold that layer in a form and in shapes that are known here.
    """
    a_RI, b_OR = adapter.layers[layer]
    for spelled in (f"{path}{layer.removeprefix(_LANGUAGE)}.weight" for path in _paths(layer)):
        if shapes.get(spelled) == (len(b_OR), a_RI.shape[1]):
            return {spelled: MatrixUpdate(a_RI, b_OR)}
    if len(shapes.get(layer, ())) == 3:
        return _of_all_experts(layer, adapter, shapes)
    return _of_each_expert(layer, adapter, shapes)


def _paths(layer: str) -> tuple[str, ...]:
    """Return what the name of a layer may begin with in files, `_LANGUAGE` taken off it."""
    return _IN_FILES if layer.startswith(_LANGUAGE) else ("",)


def _of_all_experts(
    layer: str, adapter: AdapterWeights, shapes: Shapes
) -> dict[str, MatrixUpdate | ExpertsUpdate]:
    a_RI, b_OR = adapter.layers[layer]
    count = len(a_RI) // adapter.rank
    forms = {
        False: (count, len(b_OR), a_RI.shape[1]),
        True: (count, a_RI.shape[1], len(b_OR)),
    }
    fitting = [is_transposed for is_transposed, form in forms.items() if shapes[layer] == form]
    if len(fitting) == 2:
        # A square matrix does not show it, but then the other one of the same experts does.
        experts, _, parameter = layer.rpartition(".")
        other = "gate_up_proj" if parameter == "down_proj" else "down_proj"
        rows, columns = shapes.get(f"{experts}.{other}", (0, 0, 0))[1:]
        fitting = [rows < columns] if rows != columns else []
    return {layer: ExpertsUpdate(a_RI, b_OR, fitting[0])} if fitting else {}


def _of_each_expert(
    layer: str, adapter: AdapterWeights, shapes: Shapes
) -> dict[str, MatrixUpdate | ExpertsUpdate]:
    experts, _, parameter = layer.rpartition(".")
    parts = _PARTS.get(parameter, ())
    a_RI, b_OR = adapter.layers[layer]
    count = len(a_RI) // adapter.rank
    if not parts or len(b_OR) % len(parts) or b_OR.shape[1] != len(a_RI):
        return {}
    a_ERI, b_EOR = expert_by_expert(a_RI, b_OR, count=count)
    rows = len(b_OR) // len(parts)
    for (ours, theirs), names in _PER_EXPERT:
        found: dict[str, MatrixUpdate | ExpertsUpdate] = {
            f"{experts.replace(ours, theirs) if ours else experts}.{expert}.{names[part]}.weight": (
                MatrixUpdate(a_ERI[expert], b_EOR[expert, at * rows : (at + 1) * rows])
            )
            for expert in range(count)
            for at, part in enumerate(parts)
        }
        if all(shapes.get(name) == (rows, a_RI.shape[1]) for name in found):
            return found
    return {}
