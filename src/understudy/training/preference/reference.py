"""How likely the model that training starts from finds each answer, computed once."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.training.preference.log_probabilities import answer_log_probabilities
from understudy.training.preference.pairs import PairBatch, PairLayout, RenderedPair, pair_steps


class Reference:
    """The log-probabilities of every pair's two answers under one fixed model."""

    def __init__(self, of_pair_P2: Tensor) -> None:
        self._of_pair_P2 = of_pair_P2

    def of(self, batch: PairBatch) -> Tensor:
        """Return those of a batch's answers [A], in their order, where the batch is."""
        chosen_P2 = self._of_pair_P2[list(batch.numbers)]
        return chosen_P2.flatten().to(batch.tokens_T.device, non_blocking=True)


def reference_of(
    model: PreTrainedModel,
    pairs: Sequence[RenderedPair],
    *,
    batch_size: int,
    how: PairLayout,
    seed: int,
    check_stop: Callable[[], None],
) -> Reference:
    """Measure the model as it is now.

    Pairs lie together as they do in the first epoch: so the first step computes the same numbers
    to the last bit, and its loss is ln 2 in every number format.
    """
    of_pair_P2 = torch.zeros(len(pairs), 2)
    steps = pair_steps(pairs, epochs=1, batch_size=batch_size, how=how, seed=seed)
    with torch.no_grad():
        for step in steps:
            for batch in step.micro_batches:
                check_stop()
                found_A = answer_log_probabilities(model, batch.to(model.device))
                of_pair_P2[list(batch.numbers)] = found_A.view(-1, 2).cpu()
    return Reference(of_pair_P2)
