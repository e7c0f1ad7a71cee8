import pytest

from understudy.errors import InvalidRequestError
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import plan_supervised

AUTO = JobHyperparameters()


def test_a_hundred_and_one_examples_make_the_303_steps_that_were_recorded():
    plan = plan_supervised(AUTO, example_count=101, hidden_size=2000, seed=1)

    values = plan.hyperparameters
    assert (values.n_epochs, values.batch_size, values.total_steps) == (3, 1, 303)
    assert plan.learning_rate == pytest.approx(5e-4)


def test_a_larger_batch_is_learned_from_at_a_larger_rate():
    requested = JobHyperparameters(batch_size=2)
    plan = plan_supervised(requested, example_count=101, hidden_size=2000, seed=1)

    assert plan.learning_rate == pytest.approx(1.41 * 5e-4)


def test_numbers_win_over_auto():
    requested = JobHyperparameters(n_epochs=7, batch_size=4, learning_rate_multiplier=0.5)
    usual = JobHyperparameters(batch_size=1)
    at_usual_rate = plan_supervised(usual, example_count=50, hidden_size=256, seed=1)

    plan = plan_supervised(requested, example_count=50, hidden_size=256, seed=1)

    values = plan.hyperparameters
    assert (values.n_epochs, values.batch_size, values.steps_per_epoch) == (7, 4, 13)
    assert values.as_job_hyperparameters() == requested
    assert plan.learning_rate == pytest.approx(at_usual_rate.learning_rate / 2)


def test_a_batch_larger_than_the_file_is_refused_with_what_would_fit():
    requested = JobHyperparameters(n_epochs=1, batch_size=11, learning_rate_multiplier=1)

    with pytest.raises(InvalidRequestError, match="only 10 examples") as caught:
        plan_supervised(requested, example_count=10, hidden_size=256, seed=1)

    assert caught.value.param == "hyperparameters.batch_size"
