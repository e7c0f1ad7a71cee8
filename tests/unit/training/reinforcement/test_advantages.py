"""Rewards become advantages: siblings are compared, and nothing else."""

import pytest

from understudy.training.reinforcement.advantages import advantages, teaches


def test_an_advantage_is_what_an_answer_gets_above_its_group():
    assert advantages([1.0, 0.0, 0.0, 1.0]) == [0.5, -0.5, -0.5, 0.5]


def test_an_answer_that_could_not_be_graded_is_no_part_of_the_mean_and_gets_nothing():
    assert advantages([1.0, None, 0.0]) == [0.5, 0.0, -0.5]
    assert advantages([None, None]) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("rewards", "is_useful"),
    [([1.0, 1.0], False), ([0.0, 1.0], True), ([None, 1.0], False), ([None], False), ([], False)],
)
def test_a_group_teaches_only_if_one_answer_is_better_than_another(
    rewards: list[float | None], is_useful: bool
):
    assert teaches(rewards) is is_useful
