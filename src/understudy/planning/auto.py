"""How long a job trains and how much at once when the user leaves it to the server: "auto"."""

from understudy.registry.tuning import TrainedWeights

# The rule users know from OpenAI's cookbook.
_TARGET_EPOCHS = 3
_FEWEST_EXAMPLES_SEEN = 100
_MOST_EXAMPLES_SEEN = 25_000
_MOST_EPOCHS = 25
# About 0.2 % of the examples a step, or more where a run would have far more than 1,000 steps.
_BATCH_SHARE = 0.002
_USUAL_MOST_STEPS = 1000
# LoRA loses more than full fine-tuning does when batches grow; 256 is the most that can be asked.
_LARGEST_AUTO_BATCH = {TrainedWeights.LORA: 32, TrainedWeights.FULL: 256}


def auto_epochs(example_count: int) -> int:
    """Return the epochs of "auto": three, more for tiny files and fewer for huge ones."""
    if _TARGET_EPOCHS * example_count < _FEWEST_EXAMPLES_SEEN:
        return min(_MOST_EPOCHS, _FEWEST_EXAMPLES_SEEN // example_count)
    if _TARGET_EPOCHS * example_count > _MOST_EXAMPLES_SEEN:
        return max(1, _MOST_EXAMPLES_SEEN // example_count)
    return _TARGET_EPOCHS


def auto_batch_size(
    example_count: int, epochs: int, trained: TrainedWeights = TrainedWeights.LORA
) -> int:
    """Return the batch size of "auto" for a run of so many epochs.

    Both rules leave a run that sees a hundred examples or more with at least a hundred steps.
    """
    share = int(example_count * _BATCH_SHARE)
    enough = round(example_count * epochs / _USUAL_MOST_STEPS)
    return min(_LARGEST_AUTO_BATCH[trained], max(1, share, enough))
