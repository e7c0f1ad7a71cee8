"""Notices that a run has diverged: its loss has become worse than knowing no language at all."""

import math
from collections import Counter, deque
from collections.abc import Iterable
from itertools import compress

from understudy.chat.rendering.renderer import RenderedExample
from understudy.errors import JobFailedError
from understudy.wording import worded

# A bad step or two are clipped and recover; a mean over this many is a state.
_WINDOW = 20
# In nats: the start is measured on a few examples, so a little more may be chance.
_MARGIN = 0.25


def blind_loss(examples: Iterable[RenderedExample]) -> float:
    """Return the mean loss of guessing each trained token by its frequency alone, in nats.

    It is the entropy of the trained tokens: what is left when a model knows nothing of their order.
    """
    counts: Counter[int] = Counter()
    for example in examples:
        # The first token of an example is predicted by nothing, so it is never a target.
        counts.update(compress(example.ids[1:], example.trained[1:]))
    total = counts.total()
    return -sum(count / total * math.log(count / total) for count in counts.values())


class DivergenceWatch:
    """Ends a run whose loss stays above both its start and the blind guess.

    A run that goes wrong does not grow without bound: normalisation keeps the logits small, and
    the model forgets what it knew until it knows nothing but the frequencies of the tokens.
    """

    def __init__(self, *, start_loss: float, blind_loss: float) -> None:
        """Compare with the mean loss before the first step, and with that of a blind guess."""
        self._start_loss = start_loss
        self._blind_loss = blind_loss
        self._recent: deque[float] = deque(maxlen=_WINDOW)

    def see(self, step: int, loss: float) -> None:
        """Take the loss of a step; raises JobFailedError once the run has diverged."""
        self._recent.append(loss)
        if len(self._recent) < _WINDOW:
            return
        mean = sum(self._recent) / _WINDOW
        if mean > max(self._start_loss, self._blind_loss) + _MARGIN:
            raise JobFailedError(
                worded(
                    "job.diverged",
                    "Training diverged: over steps {first} to {last} the mean loss was "
                    "{mean:.2f}. It was {start:.2f} at the start, and guessing every "
                    "token by its frequency alone would cost {blind:.2f}. Use a "
                    "smaller learning_rate_multiplier.",
                    first=step - _WINDOW + 1,
                    last=step,
                    mean=mean,
                    start=self._start_loss,
                    blind=self._blind_loss,
                ),
                code="training_diverged",
                param="hyperparameters.learning_rate_multiplier",
            )
