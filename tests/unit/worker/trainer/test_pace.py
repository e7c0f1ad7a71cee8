import pytest

from understudy.planning.hyperparameters import JobHyperparameters, ResolvedHyperparameters, resolve
from understudy.worker.trainer.pace import Pace


class Clock:
    """Time as a run uses it up."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def run() -> ResolvedHyperparameters:
    """Three epochs of fifty steps of two examples."""
    return resolve(JobHyperparameters(n_epochs=3, batch_size=2), example_count=100)


def estimates(
    *,
    step: float,
    validation_examples: int = 0,
    full_validation: float = 0.0,
    first: int = 1,
    slow_start: float = 0,
) -> tuple[dict[int, int | None], float]:
    """Run with steps of so many seconds; return the estimate after each, and the real end."""
    clock = Clock()
    pace = Pace(run(), validation_examples=validation_examples, clock=clock, unix_clock=clock)
    told: dict[int, int | None] = {}
    clock.now += slow_start
    for number in range(first, run().total_steps + 1):
        clock.now += step
        if number % run().steps_per_epoch == 0:
            clock.now += full_validation
        pace.step_done(number)
        told[number] = pace.estimated_finish()
    return told, clock.now


def test_nothing_is_promised_before_two_steps():
    told, _ = estimates(step=1.0)
    assert told[1] is None
    assert told[2] is not None


def test_the_estimate_of_an_even_run_is_right_from_the_second_step_on():
    told, end = estimates(step=2.0, slow_start=30.0)
    assert {told[number] for number in range(2, 151)} == {round(end)}


@pytest.mark.parametrize("cost_of_a_pass", [0.7, 1.0, 1.5])
def test_the_validation_at_the_end_of_each_epoch_is_counted_before_the_first_was_seen(
    cost_of_a_pass: float,
):
    """A step of two examples takes six passes' time; sixty validation examples take sixty."""
    told, end = estimates(step=6.0, validation_examples=60, full_validation=60 * cost_of_a_pass)
    total = end - 1000
    for number in range(15, 151):
        estimate = told[number]
        assert estimate is not None
        assert abs(estimate - end) < 0.1 * total


def test_a_resumed_run_is_judged_by_what_it_does_itself():
    told, end = estimates(step=1.0, first=101, slow_start=5.0)
    assert told[102] == round(end)


def test_a_run_that_goes_back_to_a_checkpoint_is_measured_anew():
    clock = Clock()
    pace = Pace(run(), validation_examples=0, clock=clock, unix_clock=clock)
    for number in (2, 3, 2, 3, 4):
        clock.now += 2.0
        pace.step_done(number)
    assert pace.estimated_finish() == round(clock.now + (run().total_steps - 4) * 2.0)
