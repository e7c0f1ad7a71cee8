import pytest

from understudy.planning.estimate import estimate_job
from understudy.planning.hyperparameters import JobHyperparameters, resolve


def test_an_estimate_counts_the_steps_and_tokens_of_all_epochs():
    values = resolve(JobHyperparameters(n_epochs=4, batch_size=8), example_count=50)
    found = estimate_job(values, tokens_per_epoch=1000, tokens_per_second=30.0)
    assert (found.examples, found.epochs, found.batch_size, found.steps) == (50, 4, 8, 28)
    assert found.tokens == 4000
    assert found.seconds == pytest.approx(133.3)


def test_nobody_knows_how_long_a_run_takes_without_a_speed():
    values = resolve(JobHyperparameters(), example_count=50)
    assert estimate_job(values, tokens_per_epoch=9, tokens_per_second=None).seconds is None
