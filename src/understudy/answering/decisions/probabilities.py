"""From log-probabilities of options to probabilities, and the temperature that calibrates them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any

MIN_TEMPERATURE = 0.05
MAX_TEMPERATURE = 20.0
_COARSE = 48
_BLIND = 0.05
_STEPS = 30


@dataclass(frozen=True, kw_only=True)
class LabelCalibration:
    """What a model was taught to say where its data has a closed set of answers."""

    labels: tuple[str, ...]
    """The answers of its training file, in alphabetical order."""
    temperature: float
    """What makes its probabilities as reliable as they can be, fitted on what was held out."""
    system_prompt: str | None
    """What stood before every conversation of the file; None where it was not always the same."""

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LabelCalibration":
        """Read what `to_json` wrote."""
        return cls(
            labels=tuple(value["labels"]),
            temperature=value["temperature"],
            system_prompt=value["system_prompt"],
        )


def probabilities(log_probabilities: Sequence[float], temperature: float = 1.0) -> list[float]:
    """Return probabilities that sum to 1, of options with these log-probabilities in nats."""
    highest = max(log_probabilities)
    weights = [exp((each - highest) / temperature) for each in log_probabilities]
    total = sum(weights)
    return [weight / total for weight in weights]


def label_mass(log_probabilities: Sequence[float]) -> float:
    """Return how likely any of the options is said, at most 1."""
    return min(1.0, sum(exp(each) for each in log_probabilities))


@dataclass(frozen=True, kw_only=True)
class LabelledScores:
    """The log-probabilities of every label, and which of them is right."""

    scores: tuple[float, ...]
    right: int


def fit_temperature(examples: Sequence[LabelledScores]) -> float:
    """Return the temperature under which the right labels are likeliest, if a few may be wrong.

    Guo et al. 2017 (arXiv:1706.04599) fit by log loss, which a few wrong and very sure answers
    decide: it then makes all others too unsure. Here each label counts as one that was drawn
    blindly in a twentieth of all cases, so that none weighs more than that allows.
    """
    low, high = log(MIN_TEMPERATURE), log(MAX_TEMPERATURE)
    # It may have several minima: the best of a coarse grid is narrowed step by step.
    width = (high - low) / _COARSE
    grid = [low + width * step for step in range(_COARSE + 1)]
    best = min(grid, key=lambda at: _loss(examples, exp(at)))
    low, high = max(low, best - width), min(high, best + width)
    for _ in range(_STEPS):
        third = (high - low) / 3
        if _loss(examples, exp(low + third)) <= _loss(examples, exp(high - third)):
            high -= third
        else:
            low += third
    return exp((low + high) / 2)


def _loss(examples: Sequence[LabelledScores], temperature: float) -> float:
    total = 0.0
    for example in examples:
        said = probabilities(example.scores, temperature)
        total -= log((1 - _BLIND) * said[example.right] + _BLIND / len(said))
    return total
