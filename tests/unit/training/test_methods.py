"""Another method of training is another `loss_of` over the same loop: preferences, for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tests.tiny import examples, llama
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.lora import add_lora
from understudy.training.batching import MicroBatch, make_step
from understudy.training.loop import StepOutcome, run_steps
from understudy.training.losses import next_token_loss
from understudy.training.optimizer import MasterAdamW

BETA = 0.5


@dataclass(frozen=True)
class Pair:
    """A micro-batch of this method: an answer that is better, and one that is worse."""

    chosen: MicroBatch
    rejected: MicroBatch


@dataclass(frozen=True)
class PairStep:
    number: int
    micro_batches: tuple[Pair, ...]

    @property
    def denominator(self) -> float:
        return len(self.micro_batches)


@dataclass(frozen=True)
class Preference:
    loss: Tensor
    measures: Mapping[str, Tensor]


def batch(example: RenderedExample) -> MicroBatch:
    return make_step([example], 1, 4096).micro_batches[0]


def test_a_method_with_batches_and_measures_of_its_own_runs_over_the_same_loop():
    model = llama()
    some = [batch(example) for example in examples(8)]
    pairs = tuple(Pair(*some[at : at + 2]) for at in range(0, len(some), 2))

    def margin(pair: Pair) -> Tensor:
        rejected = next_token_loss(model, pair.rejected).loss
        return rejected - next_token_loss(model, pair.chosen).loss

    with torch.no_grad():
        of_the_base = {id(pair): margin(pair) for pair in pairs}
    layers = add_lora(model, rank=4, alpha=8.0, seed=1)

    def loss_of(pair: Pair) -> Preference:
        reward = BETA * (margin(pair) - of_the_base[id(pair)])
        accuracy = {"reward_accuracy": (reward > 0).detach()}
        return Preference(-functional.logsigmoid(reward), accuracy)

    seen: list[StepOutcome] = []
    run_steps(
        [PairStep(number, pairs) for number in range(1, 9)],
        loss_of,
        MasterAdamW([p for layer in layers.values() for p in (layer.a_RI, layer.b_OR)]),
        lambda step: 3e-3,
        seen.append,
    )

    assert seen[0].loss == pytest.approx(log(2), rel=1e-5)
    assert seen[-1].loss < 0.8 * seen[0].loss
    assert seen[-1].measures["reward_accuracy"] == 1.0
