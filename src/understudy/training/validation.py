"""Loss and token accuracy on held-out examples."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.vision.features import ImageFeatures
from understudy.planning.execution import Layout
from understudy.training.batching import make_step
from understudy.training.losses import next_token_loss


class ValidationScore(NamedTuple):
    """Means over the trained tokens of the examples."""

    loss: float
    token_accuracy: float


def score(
    model: PreTrainedModel,
    examples: Sequence[RenderedExample],
    tokens_per_micro_batch: int,
    layout: Layout = Layout.PACKED,
    *,
    features: ImageFeatures | None = None,
) -> ValidationScore:
    """Measure the model on examples without changing it; `features` are those of its images."""
    step = make_step(examples, 0, tokens_per_micro_batch, layout)
    sums: list[Tensor] = []
    with torch.no_grad():
        for micro_batch in step.micro_batches:
            part = next_token_loss(model, micro_batch.seen(features).to(model.device))
            sums.append(torch.stack([part.loss, part.correct.float()]))
    loss, correct = torch.stack(sums).double().sum(0).tolist()
    return ValidationScore(loss / step.trained_tokens, correct / step.trained_tokens)
