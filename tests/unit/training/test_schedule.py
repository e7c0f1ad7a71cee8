import pytest

from understudy.training.schedule import linear_decay


def test_the_rate_rises_to_its_peak_and_falls_to_nearly_nothing():
    rate = linear_decay(1.0, total_steps=100, warmup_steps=10)

    assert rate(1) == pytest.approx(0.1)
    assert rate(10) == pytest.approx(1.0)
    assert rate(55) == pytest.approx(46 / 90)
    assert 0 < rate(100) < 0.02
