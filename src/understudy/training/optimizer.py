"""AdamW over float32 master weights, with the gradient's norm clipped."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class OptimizerState:
    """What must be kept to continue exactly where a run stopped."""

    tensors: dict[str, Tensor]
    """Masters and both moments, by parameter index."""
    steps: int


class MasterAdamW:
    """AdamW whose state is float32 even where the parameters are bfloat16.

    Source: Loshchilov & Hutter 2019, arXiv:1711.05101; float32 masters as in Micikevicius et al.
    2018, arXiv:1710.03740, section 3.1.
    """

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.0,
        clip_norm: float = 1.0,
    ) -> None:
        self._parameters = list(parameters)
        self._clip_norm = clip_norm
        # A parameter that is float32 already is its own master.
        self._masters = [
            parameter if parameter.dtype == torch.float32 else parameter.detach().float()
            for parameter in self._parameters
        ]
        decayed = [master for master in self._masters if master.ndim >= 2]
        plain = [master for master in self._masters if master.ndim < 2]
        groups = [{"params": decayed, "weight_decay": weight_decay}]
        if plain:
            groups.append({"params": plain, "weight_decay": 0.0})
        self._adamw = torch.optim.AdamW(groups, betas=betas, fused=True)

    def zero_grad(self) -> None:
        """Forget the gradients of the last step."""
        for parameter in self._parameters:
            parameter.grad = None

    def step(self, learning_rate: float) -> Tensor:
        """Update the weights once and return the norm of the gradient before clipping."""
        self._hand_gradients_over()
        gradients = [master.grad for master in self._masters if master.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        torch.nn.utils.clip_grads_with_norm_(self._masters, self._clip_norm, norm)
        for group in self._adamw.param_groups:
            group["lr"] = learning_rate
        self._adamw.step()
        self._copy_masters_back()
        return norm

    def state(self) -> OptimizerState:
        """Return a copy of everything a resumed run needs."""
        tensors: dict[str, Tensor] = {}
        steps = 0
        for index, master in enumerate(self._masters):
            moments = self._adamw.state.get(master, {})
            tensors[f"{index}.master"] = _copied(master)
            if moments:
                tensors[f"{index}.exp_avg"] = _copied(moments["exp_avg"])
                tensors[f"{index}.exp_avg_sq"] = _copied(moments["exp_avg_sq"])
                steps = int(moments["step"])
        return OptimizerState(tensors, steps)

    def restore(self, state: OptimizerState) -> None:
        """Continue from a state that `state` returned for the same parameters."""
        with torch.no_grad():
            for index, master in enumerate(self._masters):
                master.copy_(state.tensors[f"{index}.master"])
                if state.steps:
                    self._adamw.state[master] = {
                        "step": torch.tensor(float(state.steps), device=master.device),
                        "exp_avg": state.tensors[f"{index}.exp_avg"].to(master.device, copy=True),
                        "exp_avg_sq": state.tensors[f"{index}.exp_avg_sq"].to(
                            master.device, copy=True
                        ),
                    }
        self._copy_masters_back()

    def _hand_gradients_over(self) -> None:
        for parameter, master in zip(self._parameters, self._masters, strict=True):
            if master is not parameter:
                master.grad = None if parameter.grad is None else parameter.grad.float()

    def _copy_masters_back(self) -> None:
        with torch.no_grad():
            for parameter, master in zip(self._parameters, self._masters, strict=True):
                if master is not parameter:
                    parameter.copy_(master)


def _copied(tensor: Tensor) -> Tensor:
    """Copy to main memory: a GPU has no room for a second optimizer."""
    return tensor.detach().to("cpu", copy=True)
