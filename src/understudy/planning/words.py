"""How the numbers of a job are chosen, in words for its owner."""

from understudy.planning.auto import auto_epochs

_USUAL_EPOCHS = 3


def epochs_in_words(requested: int | None, epochs: int, example_count: int) -> str:
    """Say how often the file is passed over, and why."""
    return _said("n_epochs", requested, epochs, _why_epochs(example_count))


def batch_size_in_words(
    requested: int | None, batch_size: int, example_count: int, steps: int
) -> str:
    """Say how many examples make a step, and why."""
    why = f"{steps:,} steps for {example_count:,} examples"
    return _said("batch_size", requested, batch_size, why)


def multiplier_in_words(requested: float | None, multiplier: float) -> str:
    """Say what the learning rate is multiplied by, and why."""
    return _said("learning_rate_multiplier", requested, multiplier, "the usual learning rate")


def _said(name: str, requested: float | None, value: float, why: str) -> str:
    return f"{name}={value}" + (f' ("auto": {why})' if requested is None else " (as requested)")


def _why_epochs(example_count: int) -> str:
    epochs = auto_epochs(example_count)
    if epochs > _USUAL_EPOCHS:
        return f"more than {_USUAL_EPOCHS}, because {example_count:,} examples are few"
    if epochs < _USUAL_EPOCHS:
        return f"fewer than {_USUAL_EPOCHS}, because {example_count:,} examples are many"
    return f"the usual {_USUAL_EPOCHS} for {example_count:,} examples"
