import math

import pytest

from understudy.planning.auto import (
    auto_batch_size,
    auto_epochs,
    auto_multiplier,
    auto_pair_batch,
    auto_pair_epochs,
)
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


def test_the_learning_rate_grows_with_the_root_of_the_batch_up_to_twice():
    assert [auto_multiplier(size) for size in (1, 2, 3, 4, 8, 256)] == [1, 1.41, 1.73, 2, 2, 2]


@pytest.mark.parametrize(
    ("pairs", "batch", "epochs"), [(10, 1, 5), (72, 7, 5), (100, 8, 5), (400, 8, 2), (5000, 8, 2)]
)
def test_pairs_are_taken_eight_at_a_time_for_two_epochs_or_more_of_a_small_file(
    pairs: int, batch: int, epochs: int
):
    assert auto_pair_batch(pairs) == batch
    assert auto_pair_epochs(pairs, batch) == epochs
