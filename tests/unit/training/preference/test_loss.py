"""The loss over pairs: its value, its gradient, and what sharing a prompt changes: nothing."""

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from tests.tiny import llama
from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.lora import add_lora
from understudy.planning.execution import Layout
from understudy.training.preference.log_probabilities import answer_log_probabilities
from understudy.training.preference.loss import (
    CHOSEN_LOGPS,
    REWARD_ACCURACY,
    REWARD_MARGIN,
    preference_loss,
)
from understudy.training.preference.pairs import (
    PairBatch,
    PairLayout,
    RenderedPair,
    make_pair_step,
    pair_steps,
)
from understudy.training.preference.reference import reference_of

SHARED = PairLayout(layout=Layout.PACKED, tokens_per_micro_batch=10_000, shares=True)
APART = PairLayout(layout=Layout.PACKED, tokens_per_micro_batch=10_000, shares=False)
PADDED = PairLayout(layout=Layout.PADDED, tokens_per_micro_batch=10_000, shares=False)


def example(prompt: Sequence[int], answer: Sequence[int]) -> RenderedExample:
    trained = [False] * len(prompt) + [True] * len(answer)
    return RenderedExample([*prompt, *answer], trained)


def some_pairs(count: int = 5) -> list[RenderedPair]:
    made = torch.Generator().manual_seed(1)

    def ids(length: int) -> list[int]:
        return torch.randint(3, 97, (length,), generator=made).tolist()

    pairs: list[RenderedPair] = []
    for number in range(count):
        prompt, start = ids(4 + 3 * number), ids(number % 2)
        preferred, rejected = ids(3 + number), ids(6)
        pairs.append(
            RenderedPair(example(prompt, start + preferred), example(prompt, start + rejected))
        )
    return pairs


def only_batch(pairs: list[RenderedPair], how: PairLayout) -> PairBatch:
    (batch,) = make_pair_step(pairs, range(len(pairs)), 1, how).micro_batches
    return batch


def plainly(model: PreTrainedModel, one: RenderedExample) -> Tensor:
    """The log-probability of an answer, as anybody would compute it."""
    ids = torch.tensor(one.ids)
    every = model(input_ids=ids[None], use_cache=False).logits[0].log_softmax(-1)
    of_next = every[:-1].gather(1, ids[1:, None])[:, 0]
    return of_next[torch.tensor(one.trained[1:])].sum()


def model_of(how: PairLayout) -> PreTrainedModel:
    model = llama().requires_grad_(True)
    if how.layout is Layout.PADDED:
        model.set_attn_implementation("sdpa")
    return model


@pytest.mark.parametrize("how", [SHARED, APART, PADDED], ids=["shared", "apart", "padded"])
@pytest.mark.parametrize("logit_bytes", [1, 10**9])
def test_answers_are_as_likely_as_each_alone(how: PairLayout, logit_bytes: int):
    pairs, model = some_pairs(), model_of(how)

    found = answer_log_probabilities(model, only_batch(pairs, how), logit_bytes=logit_bytes)

    alone = [plainly(model, one) for pair in pairs for one in (pair.preferred, pair.rejected)]
    torch.testing.assert_close(found, torch.stack(alone), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("how", [SHARED, APART, PADDED], ids=["shared", "apart", "padded"])
def test_the_gradient_of_all_weights_is_that_of_the_formula(how: PairLayout):
    pairs, model = some_pairs(), model_of(how)
    reference_A = torch.linspace(-20, -30, 2 * len(pairs))

    loss = preference_loss(model, only_batch(pairs, how), reference_A, beta=0.3).loss
    loss.backward()

    ours = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    plain = torch.stack(
        [plainly(model, one) for pair in pairs for one in (pair.preferred, pair.rejected)]
    )
    chosen_P, rejected_P = (plain - reference_A).view(-1, 2).unbind(1)
    wanted = -torch.nn.functional.logsigmoid(0.3 * (chosen_P - rejected_P)).sum()
    wanted.backward()
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(ours[name], parameter.grad, rtol=1e-3, atol=1e-5)


def test_what_both_answers_begin_with_is_laid_down_once():
    pairs = some_pairs()

    shared, apart = (only_batch(pairs, how) for how in (SHARED, APART))

    saved = sum(pair.shared for pair in pairs)
    assert len(shared.tokens_T) == len(apart.tokens_T) - saved
    # The words with which both answers begin are learned of both all the same.
    assert len(shared.rows_R) == len(apart.rows_R)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_first_loss_is_ln_2_and_every_margin_zero(dtype: torch.dtype):
    pairs, model = some_pairs(), llama().to(dtype)
    how = PairLayout(layout=Layout.PACKED, tokens_per_micro_batch=40, shares=True)
    add_lora(model, rank=2, alpha=4.0, seed=0)
    reference = reference_of(model, pairs, batch_size=2, how=how, seed=5, check_stop=lambda: None)

    for step in pair_steps(pairs, epochs=1, batch_size=2, how=how, seed=5):
        for batch in step.micro_batches:
            found = preference_loss(model, batch, reference.of(batch), beta=0.1)
            count = len(batch.numbers)
            assert found.loss.item() / count == pytest.approx(math.log(2), rel=1e-6)
            assert found.measures[REWARD_MARGIN].item() == 0.0
            # A tie is no success.
            assert found.measures[REWARD_ACCURACY].item() == 0.0


def test_the_supervised_term_is_the_mean_cross_entropy_of_the_preferred_answer():
    pairs, model = some_pairs(1), llama()
    batch = only_batch(pairs, SHARED)
    reference_A = answer_log_probabilities(model, batch).detach()

    without = preference_loss(model, batch, reference_A, beta=0.1)
    with_term = preference_loss(model, batch, reference_A, beta=0.1, sft_weight=0.5)

    answer = sum(pairs[0].preferred.trained)
    cross_entropy = -without.measures[CHOSEN_LOGPS].item() / answer
    assert (with_term.loss - without.loss).item() == pytest.approx(0.5 * cross_entropy, rel=1e-5)


def test_a_pair_is_never_torn_apart_and_none_is_left_out():
    pairs = some_pairs(7)
    how = PairLayout(layout=Layout.PACKED, tokens_per_micro_batch=30, shares=True)

    steps = list(pair_steps(pairs, epochs=2, batch_size=3, how=how, seed=1))

    assert [len(step.micro_batches) > 1 for step in steps].count(True) >= 1
    numbers = [n for step in steps for batch in step.micro_batches for n in batch.numbers]
    assert sorted(numbers[:7]) == sorted(numbers[7:]) == list(range(7))
    assert [step.denominator for step in steps] == [3, 3, 1, 3, 3, 1]
    rest = list(pair_steps(pairs, epochs=2, batch_size=3, how=how, seed=1, after_step=4))
    assert [batch.numbers for batch in rest[0].micro_batches] == [
        batch.numbers for batch in steps[4].micro_batches
    ]
