"""What a model finds likely on given tokens, and how far two models are apart there.

T tokens of an example, R places that are compared, V vocabulary.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.chat.rendering.renderer import RenderedExample


class Likelihoods(NamedTuple):
    """What a model says at every place that is compared."""

    log_probabilities_R: Tensor
    """Of the token that stands there, in nats."""
    choices_R: Tensor
    """The token that the model finds most likely."""


class Distance(NamedTuple):
    """How far two models are apart; differences of log-probabilities in nats."""

    mean: float
    largest: float
    same_choice: float
    """Share of the places."""


def likelihoods(model: PreTrainedModel, examples: Sequence[RenderedExample]) -> Likelihoods:
    """Ask a model about the trained tokens of examples, one example after the other."""
    with torch.inference_mode():
        parts = [_of_example(model, example) for example in examples]
    return Likelihoods(*(torch.cat(each) for each in zip(*parts, strict=True)))


def _of_example(model: PreTrainedModel, example: RenderedExample) -> Likelihoods:
    ids_T = torch.tensor(example.ids, device=model.device)
    trained_T = torch.tensor(example.trained, device=model.device)
    # The first token is predicted by nothing.
    places_R = trained_T[1:].nonzero()[:, 0]
    logits_RV = model(input_ids=ids_T[None], use_cache=False).logits[0, places_R].float()
    targets_R = ids_T[places_R + 1]
    found_R = logits_RV.log_softmax(-1).gather(1, targets_R[:, None])[:, 0]
    return Likelihoods(found_R.cpu(), logits_RV.argmax(-1).cpu())


def distance(export: Likelihoods, served: Likelihoods) -> Distance:
    """Return how far the likelihoods of an export are from those of the served model."""
    differences_R = (export.log_probabilities_R - served.log_probabilities_R).abs()
    same_R = export.choices_R == served.choices_R
    return Distance(
        mean=float(differences_R.mean()),
        largest=float(differences_R.max()),
        same_choice=float(same_R.float().mean()),
    )
