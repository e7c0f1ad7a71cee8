"""Linear layers in float32 through the library that multiplies faster on this processor.

T tokens, I inputs and O outputs of a layer.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

# Below this gain the two differ by chance.
_CLEARLY_FASTER = 1.2


def use_fastest_linear(model: nn.Module) -> None:
    """Let a float32 model's linear layers multiply with oneDNN where that is faster here.

    PyTorch takes MKL for float32, which on AMD's processors reaches half of oneDNN's speed.
    """
    if next(model.parameters()).dtype == torch.float32 and is_onednn_faster():
        for module in model.modules():
            if type(module) is nn.Linear:
                # The same parameters under the same names: only `forward` is another.
                module.__class__ = OneDnnLinear


@cache
def is_onednn_faster() -> bool:
    """Say whether oneDNN beats the library that PyTorch takes for float32 products."""
    if torch.cuda.is_available() or not torch.backends.mkldnn.is_available():
        return False
    left, right = torch.ones(512, 512), torch.ones(512, 512)
    usual = _best_seconds(lambda: functional.linear(left, right))
    return usual > _CLEARLY_FASTER * _best_seconds(lambda: _product(left, right))


class OneDnnLinear(nn.Linear):
    """A linear layer that multiplies with oneDNN, forward and back."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the layer's output for inputs [..., I]."""
        x_TI = input.reshape(-1, self.in_features)
        y_TO: Tensor = _OneDnn.apply(x_TI, self.weight, self.bias)
        return y_TO.view(*input.shape[:-1], self.out_features)


class _OneDnn(Function):
    @staticmethod
    def forward(ctx: Any, x_TI: Tensor, weight_OI: Tensor, bias_O: Tensor | None) -> Tensor:
        ctx.save_for_backward(x_TI, weight_OI)
        return _product(x_TI, weight_OI, bias_O)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] - the decorator's type
        ctx: Any, *grad_outputs: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        (grad_TO,) = grad_outputs
        x_TI, weight_OI = ctx.saved_tensors
        needs_x, needs_weight, needs_bias = ctx.needs_input_grad
        return (
            _product(grad_TO, weight_OI.t()) if needs_x else None,
            _product(grad_TO.t(), x_TI.t()) if needs_weight else None,
            grad_TO.sum(0) if needs_bias else None,
        )


def _product(x_TI: Tensor, weight_OI: Tensor, bias_O: Tensor | None = None) -> Tensor:
    """Return x Wᵀ + bias."""
    return torch.ops.mkldnn._linear_pointwise(x_TI, weight_OI, bias_O, "none", [], "")


def _best_seconds(compute: Callable[[], object], repeats: int = 9) -> float:
    compute()  # the first product pays for setting kernels up
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        compute()
        best = min(best, time.perf_counter() - start)
    return best
