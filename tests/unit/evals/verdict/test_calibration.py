"""Calibration by numbers that were worked out by hand."""

from math import log

import pytest

from understudy.evals.verdict.calibration import (
    Forecast,
    accuracy_of,
    coverage_at,
    macro_f1,
    reliability_bins,
    reliability_of,
)


def forecast(confidence: float, *, is_right: bool) -> Forecast:
    return Forecast(probabilities=(confidence, 1 - confidence), right=0 if is_right else 1)


# Confidence .95 and half right; .65 and right.
FOUR = [
    forecast(0.95, is_right=True),
    forecast(0.95, is_right=False),
    forecast(0.65, is_right=True),
    forecast(0.65, is_right=True),
]


def test_the_calibration_error_is_the_mean_distance_of_confidence_and_accuracy():
    low, high = reliability_bins(FOUR)
    assert (low.low, low.high, low.examples, low.accuracy) == (0.6, 0.7, 2, 1.0)
    assert (high.examples, high.confidence, high.accuracy) == (2, pytest.approx(0.95), 0.5)
    found = reliability_of(FOUR)
    assert found.expected_calibration_error == pytest.approx((0.35 + 0.45) / 2)
    squares = (2 * 0.05**2 + 2 * 0.95**2 + 4 * 0.35**2) / 4
    assert found.brier == pytest.approx(squares)
    logs = -(log(0.95) + log(0.05) + 2 * log(0.65)) / 4
    assert found.log_loss == pytest.approx(logs)
    assert accuracy_of(FOUR) == 0.75


def test_certainty_stands_in_the_last_bin_and_a_certain_mistake_has_a_finite_loss():
    (only,) = reliability_bins([forecast(1.0, is_right=False)])
    assert (only.low, only.high) == (0.9, 1.0)
    assert reliability_of([forecast(1.0, is_right=False)]).log_loss < 30


def test_macro_f1_counts_rare_labels_as_much_as_frequent_ones():
    said = [(0, 0), (0, 0), (0, 0), (1, 0), (1, 1)]
    forecasts = [
        Forecast(probabilities=tuple(float(label == guess) for label in range(3)), right=right)
        for right, guess in said
    ]
    # Label 0: 3 hits, 3 right, 4 said. Label 1: 1 hit, 2 right, 1 said. Label 2 does not occur.
    assert macro_f1(forecasts) == pytest.approx((6 / 7 + 2 / 3) / 2)


def test_the_surest_examples_are_decided_as_far_as_they_are_accurate():
    sure = [forecast(0.99 - n / 100, is_right=n != 7) for n in range(10)]
    assert coverage_at(sure, 0.99) == 0.7
    assert coverage_at(sure, 0.9) == 1.0
    # No threshold divides examples of the same confidence.
    assert coverage_at(FOUR, 0.99) == 0.0
