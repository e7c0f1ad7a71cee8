"""A bandit with noisy arms: the policy gradient finds the one that pays most on average."""

import torch

from tests.tiny import llama
from understudy.planning.execution import Layout
from understudy.training.reinforcement.advantages import advantages
from understudy.training.reinforcement.episodes import (
    Episode,
    EpisodeLayout,
    WeighedEpisode,
    make_episode_step,
)
from understudy.training.reinforcement.loss import policy_loss

PROMPT = (5, 6, 7)
BEST, GOOD = 11, 23
PAYS = {BEST: 0.8, GOOD: 0.4}
GROUP = 64
HOW = EpisodeLayout(
    layout=Layout.PACKED, tokens_per_micro_batch=10_000, shares=True, max_answer_tokens=1
)


def test_a_bandit_converges_on_its_best_arm():
    chance = torch.Generator().manual_seed(3)
    model = llama().requires_grad_(True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)

    def chances() -> torch.Tensor:
        with torch.no_grad():
            return (
                model(input_ids=torch.tensor([PROMPT]), use_cache=False).logits[0, -1].softmax(-1)
            )

    def pay(arm: int) -> float:
        return float(torch.rand((), generator=chance) < PAYS.get(arm, 0.0))

    assert chances()[BEST] < 0.1
    for number in range(1, 81):
        policy = chances()
        arms = torch.multinomial(policy, GROUP, replacement=True, generator=chance)
        worth = advantages([pay(arm) for arm in arms.tolist()])
        group = [
            WeighedEpisode(
                episode=Episode(
                    prompt_ids=PROMPT,
                    answer_ids=(arm,),
                    logprobs=(float(policy[arm].log()),),
                    is_cut=False,
                ),
                advantage=advantage,
            )
            for arm, advantage in zip(arms.tolist(), worth, strict=True)
        ]
        step = make_episode_step([group], number, HOW)
        optimizer.zero_grad()
        for batch in step.micro_batches:
            (policy_loss(model, batch).loss / step.denominator).backward()
        optimizer.step()

    assert chances()[BEST] > 0.95
