"""When a run will be done, from what it has done so far and what it still has to compute."""

import time
from collections.abc import Callable

from understudy.planning.hyperparameters import ResolvedHyperparameters

# A pass forward and back costs about as much as three passes forward.
_TRAINING_PASSES = 3


class Pace:
    """How fast an attempt is, measured from the first step that it made.

    All `validation_examples` are measured at the end of every epoch; the small validations
    between are as even as the steps.
    """

    def __init__(
        self,
        values: ResolvedHyperparameters,
        *,
        validation_examples: int,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        self._values = values
        self._validation_examples = validation_examples
        self._clock = clock
        self._unix_clock = unix_clock
        # The first step of an attempt is slow for reasons that do not come back.
        self._first: tuple[int, float] | None = None
        self._last: tuple[int, float] = (0, 0.0)

    def step_done(self, step: int) -> None:
        """Take note that a step, with its validation, is done."""
        if step <= self._last[0]:
            # The run went back to a checkpoint, and is computed in another way from there.
            self._first = None
        self._last = (step, self._clock())
        self._first = self._first or self._last

    def estimated_finish(self) -> int | None:
        """Return when the last step will be done, in Unix seconds; None before two steps."""
        if self._first is None or self._first == self._last:
            return None
        (first, begun), (last, now) = self._first, self._last
        seconds_per_pass = (now - begun) / (self._passes(last) - self._passes(first))
        rest = self._passes(self._values.total_steps) - self._passes(last)
        return round(self._unix_clock() + rest * seconds_per_pass)

    def _passes(self, step: int) -> int:
        """Return the passes of one example up to the end of a step."""
        epochs = step // self._values.steps_per_epoch
        training = step * self._values.batch_size * _TRAINING_PASSES
        return training + epochs * self._validation_examples
