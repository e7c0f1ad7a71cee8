"""Loss and token accuracy on held-out examples."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from transformers import PreTrainedModel

from understudy.chat.renderer import RenderedExample
from understudy.training.batching import make_step
from understudy.training.losses import next_token_loss


class ValidationScore(NamedTuple):
    """Means over the trained tokens of the examples."""

    loss: float
    token_accuracy: float


def score(
    model: PreTrainedModel, examples: Sequence[RenderedExample], tokens_per_micro_batch: int
) -> ValidationScore:
    """Measure the model on examples without changing it."""
    step = make_step(examples, 0, tokens_per_micro_batch)
    loss = 0.0
    correct = 0
    with torch.no_grad():
        for micro_batch in step.micro_batches:
            part = next_token_loss(model, micro_batch)
            loss += part.loss.item()
            correct += int(part.correct)
    return ValidationScore(loss / step.trained_tokens, correct / step.trained_tokens)
