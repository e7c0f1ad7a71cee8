"""A hyperparameter in words: what it is, and whether it was asked for or why it was chosen."""

from typing import NamedTuple


class StepWords(NamedTuple):
    """How each number that decides the steps was chosen."""

    n_epochs: str
    batch_size: str
    learning_rate_multiplier: str


def chosen_in_words(name: str, requested: float | None, value: float, why: str) -> str:
    """Say what a hyperparameter is; `why` is the reason where `requested` leaves it open."""
    return f"{name}={value}" + (f' ("auto": {why})' if requested is None else " (as requested)")
