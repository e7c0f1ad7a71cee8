import math

import pytest

from understudy.planning.auto import auto_batch_size, auto_epochs
from understudy.registry.tuning import TrainedWeights


@pytest.mark.parametrize(
    ("count", "epochs"), [(10, 10), (4, 25), (33, 3), (34, 3), (1000, 3), (10_000, 2), (60_000, 1)]
)
def test_auto_epochs_follow_the_rule_users_know(count: int, epochs: int):
    assert auto_epochs(count) == epochs


@pytest.mark.parametrize(
    ("count", "size"), [(10, 1), (101, 1), (499, 1), (1000, 3), (8000, 24), (10_000, 20)]
)
def test_the_auto_batch_is_a_small_share_of_the_file(count: int, size: int):
    assert auto_batch_size(count, auto_epochs(count)) == size


@pytest.mark.parametrize("count", [10, 34, 300, 600, 1000, 5000, 8000])
def test_auto_makes_at_least_a_hundred_steps_and_not_many_more_than_a_thousand(count: int):
    epochs = auto_epochs(count)
    steps = math.ceil(count / auto_batch_size(count, epochs)) * epochs
    assert 100 <= steps <= 1500


def test_many_epochs_that_were_asked_for_do_not_make_as_many_more_steps():
    assert auto_batch_size(1000, 25) == 25


def test_only_full_fine_tuning_takes_large_batches():
    assert auto_batch_size(10**6, 1) == 32
    assert auto_batch_size(10**6, 1, TrainedWeights.FULL) == 256
