"""How long a job trains, how much at once and how fast when the user leaves it open: "auto".

docs/benchmarks.md ("Learning") has the measurements beside which the rules stand.
"""

import math

from understudy.registry.tuning import TrainedWeights

USUAL_EPOCHS = 3
"""Epochs of a file that is neither tiny nor huge: the rule users know from OpenAI's cookbook."""

_MIN_EXAMPLES_SEEN = 100
_MAX_EXAMPLES_SEEN = 25_000
_MAX_EPOCHS = 25
# About 0.2 % of the examples a step, or more where a run would have far more than 1,000 steps.
_BATCH_SHARE = 0.002
_USUAL_MAX_STEPS = 1000
# LoRA loses more than full fine-tuning does when batches grow; 256 is the most that can be asked.
_MAX_AUTO_BATCH = {TrainedWeights.LORA: 32, TrainedWeights.FULL: 256}
MAX_MULTIPLIER = 2.0
"""Of "auto": measured up to four examples a step, which it is right for."""


def auto_epochs(example_count: int) -> int:
    """Return the epochs of "auto": three, more for tiny files and fewer for huge ones."""
    if USUAL_EPOCHS * example_count < _MIN_EXAMPLES_SEEN:
        return min(_MAX_EPOCHS, _MIN_EXAMPLES_SEEN // example_count)
    if USUAL_EPOCHS * example_count > _MAX_EXAMPLES_SEEN:
        return max(1, _MAX_EXAMPLES_SEEN // example_count)
    return USUAL_EPOCHS


def auto_batch_size(
    example_count: int, epochs: int, trained: TrainedWeights = TrainedWeights.LORA
) -> int:
    """Return the batch size of "auto" for a run of so many epochs.

    Both rules leave a run that sees a hundred examples or more with at least a hundred steps.
    """
    share = int(example_count * _BATCH_SHARE)
    enough = round(example_count * epochs / _USUAL_MAX_STEPS)
    return min(_MAX_AUTO_BATCH[trained], max(1, share, enough))


def auto_multiplier(batch_size: int) -> float:
    """Return what "auto" multiplies the learning rate by, for batches of this size.

    The usual learning rate is right for one example a step. The noise of a mean over b examples
    is smaller by the square root of b, so steps may be larger by as much, and must be: with four
    examples a step at the usual rate, half of the answers are lost.

    Source: Malladi et al. 2022, arXiv:2205.10287, the square root scaling rule for Adam.
    """
    return min(MAX_MULTIPLIER, round(math.sqrt(batch_size), 2))


_PAIR_STEPS = 60
_MAX_PAIR_BATCH = 8
_MAX_PAIR_EPOCHS = 5
_USUAL_PAIR_EPOCHS = 2


def auto_pair_batch(pair_count: int) -> int:
    """Return the batch size of "auto" over pairs: eight, or fewer of a small file.

    A single pair says little of what is preferred; the loss over several is steadier.
    """
    return max(1, min(_MAX_PAIR_BATCH, pair_count // 10))


def auto_pair_epochs(pair_count: int, batch_size: int) -> int:
    """Return the epochs of "auto" over pairs: two, or more where those would be few steps.

    Pairs are soon learned by heart; further epochs only push both answers away.
    """
    enough = -(-_PAIR_STEPS * batch_size // pair_count)
    return min(_MAX_PAIR_EPOCHS, max(_USUAL_PAIR_EPOCHS, enough))
