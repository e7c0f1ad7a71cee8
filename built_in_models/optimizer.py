"""The optimizer of pretraining: Muon for matrices, AdamW for the embedding and the norms."""

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from understudy.training.optimizer import MasterAdamW


class MuonAdamW:
    """Orthogonalised momentum on hidden matrices; far fewer tokens than AdamW for small models.

    Source: Jordan et al. 2024, "Muon"; step sizes matched to AdamW's as in Liu et al. 2025,
    arXiv:2502.16982, section 2.2, so that one learning rate serves both halves.
    """

    def __init__(self, model: PreTrainedModel, *, weight_decay: float) -> None:
        embedding = model.get_input_embeddings().weight
        hidden: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for parameter in model.parameters():
            is_matrix = parameter.ndim == 2 and parameter is not embedding
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
