"""How far the probabilities of labels can be relied on, where it is known which label is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean

BINS = 10
"""Of equal width, over the probability of the likeliest label."""
_LEAST = 1e-12


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What was said to be how likely, and what was right."""

    probabilities: tuple[float, ...]
    """One for each label; they sum to 1."""
    right: int

    @property
    def likeliest(self) -> int:
        """The label that is decided for; the first of those that are equally likely."""
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of the likeliest label."""
        return self.probabilities[self.likeliest]

    @property
    def is_right(self) -> bool:
        """Whether the likeliest label is the right one."""
        return self.likeliest == self.right


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Examples of about the same confidence."""

    low: float
    high: float
    examples: int
    confidence: float
    """Their mean confidence."""
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """What can be said of some probabilities."""

    expected_calibration_error: float
    """The distance of confidence and accuracy, averaged over the bins by their examples; 0 to 1."""
    brier: float
    """The squared distance of the probabilities from what was right, summed over labels; 0 to 2."""
    log_loss: float
    """In nats."""


def accuracy_of(forecasts: Sequence[Forecast]) -> float:
    """Return the share of examples whose likeliest label is right."""
    return fmean(each.is_right for each in forecasts)


def reliability_of(forecasts: Sequence[Forecast]) -> Reliability:
    """Measure some probabilities; there is at least one.

    Source: Guo et al. 2017, arXiv:1706.04599, equation 3; Brier 1950.
    """
    error = sum(
        each.examples * abs(each.confidence - each.accuracy) for each in reliability_bins(forecasts)
    )
    return Reliability(
        expected_calibration_error=error / len(forecasts),
        brier=fmean(map(_brier, forecasts)),
        log_loss=fmean(-log(max(each.probabilities[each.right], _LEAST)) for each in forecasts),
    )


def reliability_bins(forecasts: Sequence[Forecast]) -> list[ReliabilityBin]:
    """Return the bins that hold examples, those of the least confidence first."""
    bins: list[list[Forecast]] = [[] for _ in range(BINS)]
    for each in forecasts:
        bins[min(BINS - 1, int(each.confidence * BINS))].append(each)
    return [
        ReliabilityBin(
            low=at / BINS,
            high=(at + 1) / BINS,
            examples=len(some),
            confidence=fmean(each.confidence for each in some),
            accuracy=accuracy_of(some),
        )
        for at, some in enumerate(bins)
        if some
    ]


def macro_f1(forecasts: Sequence[Forecast]) -> float:
    """Return the mean F1 of the labels that are right or decided for at least once."""
    labels = {each.right for each in forecasts} | {each.likeliest for each in forecasts}
    scores: list[float] = []
    for label in labels:
        hits = sum(each.right == each.likeliest == label for each in forecasts)
        met = sum(each.right == label for each in forecasts)
        said = sum(each.likeliest == label for each in forecasts)
        scores.append(2 * hits / (met + said))
    return fmean(scores)


def coverage_at(forecasts: Sequence[Forecast], accuracy: float) -> float:
    """Return the largest share of examples, the surest first, that is decided so accurately.

    Examples of the same confidence are decided together, since no threshold divides them.
    """
    surest = sorted(forecasts, key=lambda each: -each.confidence)
    right = best = 0
    for count, each in enumerate(surest, 1):
        right += each.is_right
        is_border = count == len(surest) or surest[count].confidence < each.confidence
        if is_border and right >= accuracy * count:
            best = count
    return best / len(forecasts)


def _brier(forecast: Forecast) -> float:
    return sum(
        (probability - (label == forecast.right)) ** 2
        for label, probability in enumerate(forecast.probabilities)
    )
