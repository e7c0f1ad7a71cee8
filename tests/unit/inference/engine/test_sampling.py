import math
from dataclasses import replace

import pytest
import torch

from understudy.inference.engine.sampling import RowSampling, choose


def choice(temperature: float, top_p: float = 1.0, uniform: float = 0.5) -> RowSampling:
    return RowSampling(temperature=temperature, top_p=top_p, uniform=uniform)


HALF_THIRD_SIXTH = torch.tensor([[3 / 6, 1 / 6, 2 / 6]]).log()


def test_temperature_zero_takes_the_likeliest_token():
    tokens, logprobs, _ = choose(HALF_THIRD_SIXTH, [choice(0.0, uniform=0.99)])
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
    tokens, logprobs, _ = choose(HALF_THIRD_SIXTH, [choice(5.0, 0.9, 0.999)])
    assert tokens == [1]
    assert logprobs == pytest.approx([math.log(1 / 6)])


def test_a_tiny_temperature_is_greedy_and_not_a_failure():
    tokens, *_ = choose(torch.tensor([[1000.0, 999.0]]), [choice(1e-30, uniform=0.999)])
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


def test_the_likeliest_tokens_are_those_of_a_whole_log_softmax():
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(1))
    counts = [0, 3, 20]
    choices = [RowSampling(temperature=0.0, top_p=1.0, uniform=0.5, top_logprobs=n) for n in counts]
    likeliest = choose(logits, choices).likeliest
    for row, count in enumerate(counts):
        expected = sorted(enumerate(logits[row].log_softmax(-1).tolist()), key=lambda x: -x[1])
        assert [token for token, _ in likeliest[row]] == [token for token, _ in expected[:count]]
        assert [value for _, value in likeliest[row]] == pytest.approx(
            [value for _, value in expected[:count]], abs=1e-5
        )


def test_a_shift_changes_the_choice_and_no_probability():
    shift = torch.tensor([-5.0, 0.0, 0.0])
    shifted = RowSampling(temperature=0.0, top_p=1.0, uniform=0.5, top_logprobs=1, shift_V=shift)
    chosen = choose(HALF_THIRD_SIXTH.repeat(2, 1), [shifted, choice(0.0)])
    assert chosen.tokens == [2, 0]
    assert chosen.logprobs == pytest.approx([math.log(1 / 3), math.log(1 / 2)])
    assert chosen.likeliest[0][0].token_id == 0


def test_a_shift_stands_before_the_temperature():
    # 1/2 : 1/3 : 1/6 with the first halved is 1/4 : 1/3 : 1/6; squared at temperature 1/2.
    shift = torch.tensor([0.5, 1.0, 1.0]).log()
    squares = [(1 / 4) ** 2, (1 / 6) ** 2, (1 / 3) ** 2]
    border = squares[0] / sum(squares)
    for uniform, token in ((border - 0.01, 0), (border + 0.01, 1)):
        shifted = RowSampling(temperature=0.5, top_p=1.0, uniform=uniform, shift_V=shift)
        assert choose(HALF_THIRD_SIXTH, [shifted]).tokens == [token]


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("top_p", [1.0, 0.9])
def test_logits_that_are_not_numbers_spoil_no_other_row(temperature: float, top_p: float):
    logits = torch.cat([HALF_THIRD_SIXTH, torch.full((1, 3), math.nan)])
    chosen = choose(logits, [choice(temperature, top_p, 0.1)] * 2)
    assert chosen.tokens[0] == 0
    assert math.isnan(chosen.logprobs[1])


@pytest.mark.parametrize("vocabulary", [97, 128, 1000, 1024])
def test_the_likeliest_token_is_the_first_of_the_largest(vocabulary: int):
    logits = torch.randn(20, vocabulary, generator=torch.Generator().manual_seed(1))
    logits[:, [5, vocabulary - 1]] = 9.0
    logits[3:, [5]] = -9.0
    chosen = choose(logits, [choice(0.0)] * 20)
    assert chosen.tokens == logits.argmax(-1).tolist() == [5] * 3 + [vocabulary - 1] * 17
    expected = logits.log_softmax(-1)[range(20), chosen.tokens]
    assert chosen.logprobs == pytest.approx(expected.tolist(), abs=1e-5)


def test_an_unlikely_token_has_its_exact_probability():
    (token,), (logprob,), _ = choose(
        torch.tensor([[200.0, 0.0]]),
        [RowSampling(temperature=0.0, top_p=1.0, uniform=0.5, shift_V=torch.tensor([-300.0, 0.0]))],
    )
    assert token == 1
    assert logprob == pytest.approx(-200.0)


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("top_p", [0.3, 1.0])
def test_what_is_forbidden_is_never_chosen_however_likely(temperature: float, top_p: float):
    logits = torch.tensor([[300.0, 0.0, 1.0, 299.0]])
    forbidden = torch.tensor([True, False, False, True])
    for step in range(20):
        held = choice(temperature, top_p, step / 20)
        chosen = choose(logits, [replace(held, forbidden_V=forbidden)])
        assert chosen.tokens[0] in (1, 2)
        # The model's own, which gives these two next to nothing.
        assert chosen.logprobs[0] < -290
    assert logits[0, 0] == 300


def test_what_is_allowed_keeps_its_proportions():
    allowed = replace(choice(1.0), forbidden_V=torch.tensor([True, False, False]))
    drawn = [
        choose(HALF_THIRD_SIXTH, [replace(allowed, uniform=step / 300)]).tokens[0]
        for step in range(300)
    ]
    # A sixth to two sixths, with one draw on the border.
    assert drawn.count(1) == pytest.approx(100, abs=1)
    assert drawn.count(2) == pytest.approx(200, abs=1)
