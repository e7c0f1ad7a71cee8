import pytest

from understudy.errors import InvalidRequestError
from understudy.training.plan import RequestedHyperparameters, resolve_plan
from understudy.training.schedule import linear_decay

AUTO = RequestedHyperparameters(n_epochs=None, batch_size=None, learning_rate_multiplier=None)


def test_a_hundred_and_one_examples_make_the_303_steps_that_were_recorded():
    plan = resolve_plan(AUTO, example_count=101, hidden_size=256, seed=1)

    assert (plan.epochs, plan.batch_size, plan.total_steps) == (3, 1, 303)


def test_numbers_win_over_auto():
    requested = RequestedHyperparameters(n_epochs=7, batch_size=4, learning_rate_multiplier=0.5)
    auto = resolve_plan(AUTO, example_count=50, hidden_size=256, seed=1)

    plan = resolve_plan(requested, example_count=50, hidden_size=256, seed=1)

    assert (plan.epochs, plan.batch_size, plan.steps_per_epoch) == (7, 4, 13)
    assert plan.learning_rate == pytest.approx(auto.learning_rate / 2)


def test_a_batch_larger_than_the_file_is_refused_with_what_would_fit():
    requested = RequestedHyperparameters(n_epochs=1, batch_size=11, learning_rate_multiplier=1)

    with pytest.raises(InvalidRequestError, match="only 10 examples") as caught:
        resolve_plan(requested, example_count=10, hidden_size=256, seed=1)

    assert caught.value.param == "hyperparameters.batch_size"


def test_the_rate_rises_to_its_peak_and_falls_to_nearly_nothing():
    rate = linear_decay(1.0, total_steps=100, warmup_steps=10)

    assert rate(1) == pytest.approx(0.1)
    assert rate(10) == pytest.approx(1.0)
    assert rate(55) == pytest.approx(46 / 90)
    assert 0 < rate(100) < 0.02
