"""How a base model is trained: a low-rank adapter beside its weights, or all of its weights."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import UnionType
from typing import Any, cast

from understudy.errors import UnderstudyError

_USUAL_RANK = 16
_LARGEST_RANK = 1024


class WrongTuningError(UnderstudyError):
    """A base is said to be trained in a way that does not exist."""


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


def read_tuning(settings: Mapping[str, Any]) -> Tuning:
    """Decide a tuning from what `understudy.toml` says of a base.

    Raises WrongTuningError in words for the person who wrote it.
    """
    trained = settings.get("training", TrainedWeights.LORA)
    if trained not in list(TrainedWeights):
        raise WrongTuningError(f'training must be "lora" or "full", not {trained!r}.')
    if trained == TrainedWeights.FULL:
        useless = sorted(set(settings) - {"training"})
        if useless:
            raise WrongTuningError(f'{useless[0]} means nothing with training = "full".')
        return FullTuning()
    rank = settings.get("lora_rank", _USUAL_RANK)
    if not _is_number(rank, int) or not 1 <= rank <= _LARGEST_RANK:
        raise WrongTuningError(f"lora_rank must be a whole number from 1 to {_LARGEST_RANK}.")
    alpha = settings.get("lora_alpha", 2.0 * rank)
    if not _is_number(alpha, int | float) or not 0 < alpha < float("inf"):
        raise WrongTuningError("lora_alpha must be a number above 0.")
    return LoraTuning(rank=rank, alpha=float(alpha), targets=_targets(settings))


def _targets(settings: Mapping[str, Any]) -> tuple[str, ...]:
    targets = settings.get("lora_targets", [])
    if not isinstance(targets, list) or not all(
        isinstance(name, str) and name for name in cast("list[object]", targets)
    ):
        raise WrongTuningError('lora_targets must be a list such as ["q_proj", "v_proj"].')
    return tuple(sorted(set(cast("list[str]", targets))))


def _is_number(value: object, kind: type | UnionType) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def tuning_to_json(tuning: Tuning) -> dict[str, Any]:
    """Return a tuning as a row keeps it."""
    return {"trained": str(tuning.trained), **asdict(tuning)}


def tuning_from_json(stored: Mapping[str, Any]) -> Tuning:
    """Read what `tuning_to_json` wrote."""
    if stored["trained"] == TrainedWeights.FULL:
        return FullTuning()
    return LoraTuning(rank=stored["rank"], alpha=stored["alpha"], targets=tuple(stored["targets"]))


def tuning_in_words(tuning: Tuning) -> str:
    """Say what is trained, for the job's owner."""
    if isinstance(tuning, FullTuning):
        return "all weights"
    layers = ", ".join(tuning.targets) or "all linear layers"
    return f"LoRA of rank {tuning.rank} and alpha {tuning.alpha:g} on {layers}"
