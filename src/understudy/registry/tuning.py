"""How a base model is trained: a low-rank adapter beside its weights, or all of its weights."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from understudy.wording import Sentence, Value, worded

_USUAL_RANK = 16


class TrainedWeights(StrEnum):
    """What a training run changes."""

    LORA = "lora"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class LoraTuning:
    """A low-rank adapter is trained and the base stays as it is."""

    rank: int = _USUAL_RANK
    alpha: float = 2.0 * _USUAL_RANK
    """The update is scaled by alpha / rank."""
    targets: tuple[str, ...] = ()
    """Last parts of the names of the linear layers to adapt; none means all but the head."""

    @property
    def trained(self) -> TrainedWeights:
        """What is changed."""
        return TrainedWeights.LORA


@dataclass(frozen=True, kw_only=True)
class FullTuning:
    """Every weight of the model is trained."""

    @property
    def trained(self) -> TrainedWeights:
        """What is changed."""
        return TrainedWeights.FULL


Tuning = LoraTuning | FullTuning


def tuning_to_json(tuning: Tuning) -> dict[str, Any]:
    """Return a tuning as a row keeps it."""
    return {"trained": str(tuning.trained), **asdict(tuning)}


def tuning_from_json(stored: Mapping[str, Any]) -> Tuning:
    """Read what `tuning_to_json` wrote."""
    if stored["trained"] == TrainedWeights.FULL:
        return FullTuning()
    return LoraTuning(rank=stored["rank"], alpha=stored["alpha"], targets=tuple(stored["targets"]))


def tuning_in_words(tuning: Tuning) -> Sentence:
    """Say what is trained, for the job's owner."""
    if isinstance(tuning, FullTuning):
        return worded("job.tuning.full", "all weights")
    layers: Value = tuning.targets or worded("job.tuning.all_layers", "all linear layers")
    return worded(
        "job.tuning.lora",
        "LoRA of rank {rank} and alpha {alpha:g} on {layers}",
        rank=tuning.rank,
        alpha=tuning.alpha,
        layers=layers,
    )
