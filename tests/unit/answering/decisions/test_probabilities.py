"""From log-probabilities to probabilities, and the temperature that calibrates them."""

from math import exp, log
from random import Random

import pytest

from understudy.answering.decisions.probabilities import (
    MAX_TEMPERATURE,
    LabelCalibration,
    LabelledScores,
    fit_temperature,
    label_mass,
    probabilities,
)


def test_probabilities_are_shares_and_a_temperature_flattens_them():
    scores = [log(0.06), log(0.02)]
    assert probabilities(scores) == pytest.approx([0.75, 0.25])
    # The square root of a ratio of 3.
    flat = probabilities(scores, temperature=2.0)
    assert flat[0] / flat[1] == pytest.approx(3**0.5)
    assert sum(flat) == pytest.approx(1)
    assert label_mass(scores) == pytest.approx(0.08)


def test_hardly_possible_options_still_have_probabilities():
    likely = probabilities([-2000.0, -2001.0])
    assert likely[0] / likely[1] == pytest.approx(exp(1))
    assert label_mass([-2000.0]) == 0
    assert label_mass([0.0, 1e-9]) == 1


def drawn(count: int, temperature: float) -> list[LabelledScores]:
    """Scores that are `temperature` times too sure of labels that were drawn without it."""
    random = Random(0)
    made = []
    for _ in range(count):
        true = [random.gauss(0, 1.5) for _ in range(4)]
        right = random.choices(range(4), probabilities(true))[0]
        made.append(LabelledScores(scores=tuple(temperature * each for each in true), right=right))
    return made


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_of_scores_is_found_again(temperature: float):
    assert fit_temperature(drawn(3000, temperature)) == pytest.approx(temperature, rel=0.07)


def test_scores_that_are_always_wrong_are_flattened_as_far_as_is_allowed():
    wrong = [LabelledScores(scores=(0.0, -5.0), right=1)] * 5
    assert fit_temperature(wrong) == pytest.approx(MAX_TEMPERATURE, rel=1e-3)


def test_a_calibration_is_the_same_after_it_was_stored():
    made = LabelCalibration(labels=("no", "yes"), temperature=1.5, system_prompt=None)
    assert LabelCalibration.from_json(made.to_json()) == made
