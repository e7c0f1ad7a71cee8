"""Learning rates over a run, as functions of the step."""

from collections.abc import Callable


def linear_decay(peak: float, total_steps: int, warmup_steps: int) -> Callable[[int], float]:
    """Rise linearly to `peak` over the warm-up, then fall linearly to zero after the last step.

    Steps count from 1.
    """

    def rate(step: int) -> float:
        if step <= warmup_steps:
            return peak * step / warmup_steps
        return peak * (total_steps - step + 1) / (total_steps - warmup_steps)

    return rate
