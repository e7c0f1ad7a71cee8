"""How long a job trains and how much at once when the user leaves it to the server: "auto"."""

# The rule users know from OpenAI's cookbook.
_TARGET_EPOCHS = 3
_FEWEST_EXAMPLES_SEEN = 100
_MOST_EXAMPLES_SEEN = 25_000
_MOST_EPOCHS = 25
# About 0.2 % of the examples a step, bounded for LoRA.
_BATCH_SHARE = 0.002
_LARGEST_AUTO_BATCH = 32


def auto_epochs(example_count: int) -> int:
    """Return the epochs of "auto": three, more for tiny files and fewer for huge ones."""
    if _TARGET_EPOCHS * example_count < _FEWEST_EXAMPLES_SEEN:
        return min(_MOST_EPOCHS, _FEWEST_EXAMPLES_SEEN // example_count)
    if _TARGET_EPOCHS * example_count > _MOST_EXAMPLES_SEEN:
        return max(1, _MOST_EXAMPLES_SEEN // example_count)
    return _TARGET_EPOCHS


def auto_batch_size(example_count: int) -> int:
    """Return the batch size of "auto": 0.2 % of the examples, between 1 and 32."""
    return min(_LARGEST_AUTO_BATCH, max(1, int(example_count * _BATCH_SHARE)))
