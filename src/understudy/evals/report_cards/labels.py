"""How well a tuned model chooses from a closed set of answers, and how sure it may be."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from understudy.answering.decisions.probabilities import (
    LabelCalibration,
    LabelledScores,
    fit_temperature,
    probabilities,
)
from understudy.chat.messages import Role
from understudy.data.examples import ChatExample
from understudy.evals.verdict.calibration import (
    Forecast,
    accuracy_of,
    coverage_at,
    macro_f1,
    reliability_bins,
    reliability_of,
)
from understudy.wording import Sentence, worded

MAX_LABELS = 50
MAX_LABEL_CHARACTERS = 64
MIN_EXAMPLES = 20
"""Of a validation file: a temperature that fewer decide means nothing."""
MIN_EXAMPLES_PER_LABEL = 3
"""On average: where answers hardly repeat, they are no labels."""
_ACCURACIES = (0.9, 0.95, 0.99)


@dataclass(frozen=True, kw_only=True)
class LabelCard:
    """What is measured of a model whose data has a closed set of answers."""

    labels: tuple[str, ...]
    system_prompt: str | None
    scored: tuple[LabelledScores, ...]
    """At least `MIN_EXAMPLES`."""

    @property
    def temperature(self) -> float:
        """The temperature fitted on all examples; 1 where one does not help on unseen ones.

        Both proper scores have to say that it helps. Log loss alone follows a few answers that are
        wrong and very sure, and flattens all others until they are too unsure.
        """
        before, after = reliability_of(self._raw()), reliability_of(self._crosswise())
        if after.log_loss >= before.log_loss or after.brier >= before.brier:
            return 1.0
        return fit_temperature(self.scored)

    @property
    def calibration(self) -> LabelCalibration:
        """What is stored with the model."""
        return LabelCalibration(
            labels=self.labels, temperature=self.temperature, system_prompt=self.system_prompt
        )

    @property
    def sentence(self) -> Sentence:
        """The card as a part of the job's event."""
        raw, calibrated = self._raw(), self._calibrated()
        errors = [
            f"{100 * reliability_of(each).expected_calibration_error:.1f} %"
            for each in (raw, calibrated)
        ]
        return worded(
            "card.labels",
            "accuracy over {labels} labels {accuracy:.1f} %; calibration error "
            "{before} before and {after} after a temperature of "
            "{temperature:.2f}",
            labels=len(self.labels),
            accuracy=100 * accuracy_of(raw),
            before=errors[0],
            after=errors[1],
            temperature=self.temperature,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the card for programs."""
        raw, calibrated = self._raw(), self._calibrated()
        return {
            "labels": list(self.labels),
            "examples": len(self.scored),
            "accuracy": accuracy_of(raw),
            "macro_f1": macro_f1(raw),
            "temperature": self.temperature,
            "raw": asdict(reliability_of(raw)),
            "calibrated": asdict(reliability_of(calibrated)),
            "reliability": [asdict(each) for each in reliability_bins(calibrated)],
            "coverage": [
                {"accuracy": accuracy, "share": coverage_at(calibrated, accuracy)}
                for accuracy in _ACCURACIES
            ],
        }

    def _raw(self) -> list[Forecast]:
        return _forecasts(self.scored, 1.0)

    def _calibrated(self) -> list[Forecast]:
        """Return each half under the temperature of the other: no example judges its own fit."""
        if self.temperature == 1.0:
            return self._raw()
        return self._crosswise()

    def _crosswise(self) -> list[Forecast]:
        halves = (self.scored[::2], self.scored[1::2])
        fitted = [fit_temperature(half) for half in halves]
        return [*_forecasts(halves[0], fitted[1]), *_forecasts(halves[1], fitted[0])]


@dataclass(frozen=True, kw_only=True)
class LabelledExample:
    """An example of which one answer of a closed set is right."""

    example: ChatExample
    at: int
    """Which message is the answer."""
    label: str


def labelled(examples: Sequence[ChatExample]) -> list[LabelledExample] | None:
    """Return each example with its last learned answer, or None where these are no labels."""
    found: list[LabelledExample] = []
    for example in examples:
        at = max((i for i, is_trained in enumerate(example.trained) if is_trained), default=None)
        answer = None if at is None else example.messages[at]
        if at is None or answer is None or answer.tool_calls or not _is_short(answer.content):
            return None
        assert answer.content is not None
        found.append(LabelledExample(example=example, at=at, label=answer.content))
    return found


def label_set(
    training: Sequence[LabelledExample], held_out: Sequence[LabelledExample]
) -> tuple[str, ...] | None:
    """Return the answers that occur, in alphabetical order, or None where they are no labels."""
    labels = {each.label for each in (*training, *held_out)}
    is_closed = len({each.label for each in held_out}) * MIN_EXAMPLES_PER_LABEL <= len(held_out)
    if not 2 <= len(labels) <= MAX_LABELS or len(held_out) < MIN_EXAMPLES or not is_closed:
        return None
    return tuple(sorted(labels))


def shared_system_prompt(examples: Sequence[LabelledExample]) -> str | None:
    """Return what every conversation begins with as its instructions; None where they differ."""
    first = {
        each.example.messages[0].content if each.example.messages[0].role is Role.SYSTEM else None
        for each in examples
    }
    return first.pop() if len(first) == 1 else None


def _is_short(text: str | None) -> bool:
    return (
        text is not None
        and len(text.strip()) > 0
        and len(text) <= MAX_LABEL_CHARACTERS
        and "\n" not in text
    )


def _forecasts(scored: Sequence[LabelledScores], temperature: float) -> list[Forecast]:
    return [
        Forecast(probabilities=tuple(probabilities(each.scores, temperature)), right=each.right)
        for each in scored
    ]
