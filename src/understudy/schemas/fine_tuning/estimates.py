"""What a job would do, known before it is created, as our own route below /v1/x/ shows it."""

from typing import Literal

from understudy.schemas.base import WireObject


class ChosenCount(WireObject):
    """A number of epochs or of examples, and where it came from."""

    value: int
    is_auto: bool
    words: str
    """The number and how it was chosen, in words."""


class ChosenMultiplier(WireObject):
    """A factor, and where it came from."""

    value: float
    is_auto: bool
    words: str


class JobEstimateObject(WireObject):
    """The run that a request to create a job would lead to; nothing is created."""

    object: Literal["x.fine_tuning.job.estimate"] = "x.fine_tuning.job.estimate"
    model: str
    """What the requested name resolves to."""
    base: str
    training_file: str
    validation_file: str | None
    examples: int
    n_epochs: ChosenCount
    batch_size: ChosenCount
    learning_rate_multiplier: ChosenMultiplier
    steps: int
    tokens: int | None
    """Tokens of all epochs, which is what a job counts as trained; None where answers are drawn."""
    answers: int | None
    """Answers that are drawn and graded to train on; None where the file holds the answers."""
    tokens_per_second: float | None
    """As this project's latest jobs on the base went; None when there was none."""
    seconds: float | None
    """An estimate of the training alone; None without a speed."""
