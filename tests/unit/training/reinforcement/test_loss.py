"""The loss over graded answers: its value, its gradient, and what sharing a prompt changes."""

import math

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from tests.tiny import llama
from understudy.planning.execution import Layout
from understudy.training.reinforcement.episodes import (
    Episode,
    EpisodeLayout,
    EpisodeStep,
    WeighedEpisode,
    make_episode_step,
)
from understudy.training.reinforcement.loss import SAMPLER_TRAINER_KL, policy_loss

MAX_TOKENS = 8


def how(layout: Layout = Layout.PACKED, *, shares: bool, tokens: int = 10_000) -> EpisodeLayout:
    return EpisodeLayout(
        layout=layout, tokens_per_micro_batch=tokens, shares=shares, max_answer_tokens=MAX_TOKENS
    )


HOWS = {
    "shared": how(shares=True),
    "apart": how(shares=False),
    "padded": how(Layout.PADDED, shares=False),
    "shared in pieces": how(shares=True, tokens=30),
    "one at a time": how(shares=True, tokens=1),
}


def some_groups(groups: int = 3, size: int = 4) -> list[list[WeighedEpisode]]:
    made = torch.Generator().manual_seed(5)

    def ids(length: int) -> tuple[int, ...]:
        return tuple(torch.randint(3, 97, (length,), generator=made).tolist())

    def episode(prompt: tuple[int, ...], length: int, advantage: float) -> WeighedEpisode:
        answer = ids(length)
        logprobs = tuple((-torch.rand(length, generator=made)).tolist())
        return WeighedEpisode(
            episode=Episode(prompt_ids=prompt, answer_ids=answer, logprobs=logprobs, is_cut=False),
            advantage=advantage,
        )

    # The first answer of each group is nothing but the token that ends it.
    return [
        [episode(prompt, 1 + 2 * at, at - (size - 1) / 2) for at in range(size)]
        for prompt in (ids(4 + 3 * number) for number in range(groups))
    ]


def plainly(model: PreTrainedModel, one: WeighedEpisode) -> Tensor:
    """The log-probabilities of an answer's tokens, as anybody would compute them."""
    episode = one.episode
    ids = torch.tensor([*episode.prompt_ids, *episode.answer_ids])
    every = model(input_ids=ids[None], use_cache=False).logits[0].log_softmax(-1)
    return every[:-1].gather(1, ids[1:, None])[len(episode.prompt_ids) - 1 :, 0]


def model_of(layout: Layout) -> PreTrainedModel:
    model = llama().requires_grad_(True)
    if layout is Layout.PADDED:
        model.set_attn_implementation("sdpa")
    return model


def total(model: PreTrainedModel, step: EpisodeStep) -> tuple[Tensor, Tensor]:
    sums = [policy_loss(model, batch) for batch in step.micro_batches]
    loss = torch.stack([each.loss for each in sums]).sum() / step.denominator
    return loss, torch.stack([each.measures[SAMPLER_TRAINER_KL] for each in sums]).sum()


@pytest.mark.parametrize("name", HOWS)
def test_loss_gradient_and_distance_are_those_of_each_answer_alone(name: str):
    groups, laid = some_groups(), HOWS[name]
    model, plain = model_of(laid.layout), model_of(laid.layout)
    every = [one for group in groups for one in group]
    step = make_episode_step(groups, 1, laid)
    loss, kl = total(model, step)
    loss.backward()

    of_answers = [plainly(plain, one) for one in every]
    expected = -sum(one.advantage * of.sum() for one, of in zip(every, of_answers, strict=True)) / (
        len(every) * MAX_TOKENS
    )
    expected.backward()
    apart = [
        of.detach() - torch.tensor(one.episode.logprobs)
        for one, of in zip(every, of_answers, strict=True)
    ]
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)
    assert kl.item() == pytest.approx(sum((a.exp() - 1 - a).sum().item() for a in apart), rel=1e-4)
    assert step.trained_tokens == sum(len(one.episode.answer_ids) for one in every)
    gradients = zip(model.parameters(), plain.parameters(), strict=True)
    for ours, theirs in gradients:
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-6)


def test_what_was_cut_is_masked_and_the_sum_is_divided_by_what_is_left():
    ((first, second, *_),) = some_groups(groups=1)
    cut = WeighedEpisode(
        episode=Episode(
            prompt_ids=second.episode.prompt_ids,
            answer_ids=second.episode.answer_ids,
            logprobs=second.episode.logprobs,
            is_cut=True,
        ),
        advantage=5.0,
    )

    step = make_episode_step([[first, cut]], 1, how(shares=True))

    assert step.denominator == MAX_TOKENS
    assert step.trained_tokens == len(first.episode.answer_ids)
    assert make_episode_step([[cut]], 1, how(shares=True)).micro_batches == ()


def test_an_answer_as_likely_as_when_it_was_drawn_is_at_no_distance():
    model = llama()
    (group,) = some_groups(groups=1, size=2)
    same = [
        WeighedEpisode(
            episode=Episode(
                prompt_ids=one.episode.prompt_ids,
                answer_ids=one.episode.answer_ids,
                logprobs=tuple(plainly(model, one).tolist()),
                is_cut=False,
            ),
            advantage=math.pi,
        )
        for one in group
    ]

    _, kl = total(model, make_episode_step([same], 1, how(shares=True)))

    assert kl.item() == pytest.approx(0.0, abs=1e-6)
