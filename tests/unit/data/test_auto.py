import pytest

from understudy.data.auto import auto_batch_size, auto_epochs


@pytest.mark.parametrize(
    ("count", "epochs"), [(10, 10), (4, 25), (33, 3), (34, 3), (1000, 3), (10_000, 2), (60_000, 1)]
)
def test_auto_epochs_follow_the_rule_users_know(count: int, epochs: int):
    assert auto_epochs(count) == epochs


@pytest.mark.parametrize(
    ("count", "size"), [(10, 1), (999, 1), (1000, 2), (10_000, 20), (10**6, 32)]
)
def test_the_auto_batch_is_a_small_share_of_the_file(count: int, size: int):
    assert auto_batch_size(count) == size
