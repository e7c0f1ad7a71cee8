"""A hyperparameter in words: what it is, and whether it was asked for or why it was chosen."""

from typing import NamedTuple

from understudy.wording import Sentence, worded


class StepWords(NamedTuple):
    """How each number that decides the steps was chosen."""

    n_epochs: Sentence
    batch_size: Sentence
    learning_rate_multiplier: Sentence


def chosen_in_words(name: str, requested: float | None, value: float, why: Sentence) -> Sentence:
    """Say what a hyperparameter is; `why` is the reason where `requested` leaves it open."""
    shown = str(value)
    if requested is None:
        return worded("job.auto", '{name}={value} ("auto": {why})', name=name, value=shown, why=why)
    return worded("job.requested", "{name}={value} (as requested)", name=name, value=shown)
