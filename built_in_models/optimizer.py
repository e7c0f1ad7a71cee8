"""The optimizer of pretraining: Muon for matrices, AdamW for embeddings and norms."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from understudy.training.optimizer import MasterAdamW, OptimizerState


class MuonAdamW:
    """Orthogonalised momentum on hidden matrices; far fewer tokens than AdamW for small models.

    Source: Jordan et al. 2024, "Muon"; step sizes matched to AdamW's as in Liu et al. 2025,
    arXiv:2502.16982, section 2.2, so that one learning rate serves both halves.
    """

    def __init__(self, model: nn.Module, *, weight_decay: float) -> None:
        embeddings = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
        hidden: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for parameter in model.parameters():
            if not parameter.requires_grad:
                continue
            is_matrix = parameter.ndim == 2 and id(parameter) not in embeddings
            (hidden if is_matrix else rest).append(parameter)
        self._hidden = hidden
        self._masters = [parameter.detach().float() for parameter in hidden]
        self._muon = torch.optim.Muon(
            self._masters, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        self._adamw = MasterAdamW(rest, betas=(0.9, 0.95), weight_decay=0.0)

    def zero_grad(self) -> None:
        """Forget the gradients of the last step."""
        self._adamw.zero_grad()
        for parameter in self._hidden:
            parameter.grad = None

    def state(self) -> dict[str, Any]:
        """Return all that a resumed run needs, as `torch.save` keeps it."""
        adamw = self._adamw.state()
        return {
            "masters": self._masters,
            "muon": self._muon.state_dict(),
            "adamw": adamw.tensors,
            "steps": adamw.steps,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state` returned for a model of this shape."""
        with torch.no_grad():
            for parameter, master, kept in zip(
                self._hidden, self._masters, state["masters"], strict=True
            ):
                master.copy_(kept)
                parameter.copy_(kept)
        self._muon.load_state_dict(state["muon"])
        self._adamw.restore(OptimizerState(state["adamw"], state["steps"]))

    def step(self, learning_rate: float) -> Tensor:
        """Update the weights once; return the gradient norm of the embedding and the norms."""
        for parameter, master in zip(self._hidden, self._masters, strict=True):
            master.grad = parameter.grad.float() if parameter.grad is not None else None
        for group in self._muon.param_groups:
            group["lr"] = learning_rate
        self._muon.step()
        with torch.no_grad():
            for parameter, master in zip(self._hidden, self._masters, strict=True):
                parameter.copy_(master)
        return self._adamw.step(learning_rate)
