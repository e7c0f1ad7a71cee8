"""How long a job trains and how much at once when the user leaves it to the server: "auto"."""

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
