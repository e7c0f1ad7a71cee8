import math

import pytest
import torch

from understudy.inference.sampling import Choice, choose


def choice(temperature: float, top_p: float = 1.0, uniform: float = 0.5) -> Choice:
    return Choice(temperature=temperature, top_p=top_p, uniform=uniform)


HALF_THIRD_SIXTH = torch.tensor([[3 / 6, 1 / 6, 2 / 6]]).log()


def test_temperature_zero_takes_the_likeliest_token():
    tokens, logprobs = choose(HALF_THIRD_SIXTH, [choice(0.0, uniform=0.99)])
    assert tokens == [0]
    assert logprobs == pytest.approx([math.log(0.5)])


@pytest.mark.parametrize(("uniform", "token"), [(0.0, 0), (0.49, 0), (0.51, 1), (0.67, 2)])
def test_a_draw_inverts_the_cumulated_probabilities(uniform: float, token: int):
    assert choose(HALF_THIRD_SIXTH, [choice(1.0, uniform=uniform)]).tokens == [token]


def test_top_p_keeps_the_fewest_tokens_that_reach_it():
    drawn = {
        choose(HALF_THIRD_SIXTH, [choice(1.0, 0.6, step / 100)]).tokens[0] for step in range(100)
    }
    assert drawn == {0, 2}
    assert choose(HALF_THIRD_SIXTH, [choice(1.0, 0.4, 0.999)]).tokens == [0]


def test_top_p_looks_further_when_the_likeliest_tokens_do_not_reach_it():
    flat = torch.zeros(1, 1000)
    last = choose(flat, [choice(1.0, 0.9, 0.9999)]).tokens[0]
    assert 0 <= last < 1000
    drawn = {choose(flat, [choice(1.0, 0.9, step / 300)]).tokens[0] for step in range(300)}
    assert len(drawn) == 300


def test_logprobs_are_the_models_own_before_temperature_and_top_p():
    tokens, logprobs = choose(HALF_THIRD_SIXTH, [choice(5.0, 0.9, 0.999)])
    assert tokens == [1]
    assert logprobs == pytest.approx([math.log(1 / 6)])


def test_a_tiny_temperature_is_greedy_and_not_a_failure():
    tokens, _ = choose(torch.tensor([[1000.0, 999.0]]), [choice(1e-30, uniform=0.999)])
    assert tokens == [0]


def test_an_impossible_token_is_never_drawn():
    logits = torch.tensor([[-math.inf, 0.0, -math.inf]])
    for uniform in (0.0, 0.5, 1 - 2**-53):
        for top_p in (1.0, 0.99):
            assert choose(logits, [choice(1.0, top_p, uniform)]).tokens == [1]


def test_rows_of_one_batch_choose_each_in_its_own_way():
    logits = HALF_THIRD_SIXTH.repeat(3, 1)
    choices = [choice(0.0), choice(1.0, uniform=0.6), choice(1.0, 0.6, 0.99)]
    assert choose(logits, choices).tokens == [0, 1, 2]
