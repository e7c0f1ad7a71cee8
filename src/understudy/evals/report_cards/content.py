"""How a tuned model answers what was held out, beside the model that it began with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from understudy.chat.messages import Message
from understudy.evals.report_cards.labels import LabelCard
from understudy.evals.verdict.changes import Change, Rate, change_of_pairs
from understudy.wording import Sentence, in_others_words, together, worded

_MAX_SAMPLES = 5
MAX_TEXT_CHARACTERS = 1000
"""Of each text that a card shows."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer: its text, and the calls it makes with their arguments as JSON text."""

    text: str
    calls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One held-out question, the answer that the file has, and those of both models."""

    line: int
    question: str
    expected: Said
    base: Said
    tuned: Said


@dataclass(frozen=True, kw_only=True)
class TeacherForced:
    """Loss and token accuracy over the whole validation file."""

    loss: float
    token_accuracy: float


@dataclass(frozen=True, kw_only=True)
class ReportCard:
    """Everything that the card of a job says."""

    base_model: str
    tuned_model: str
    held_out: int
    """Examples of the validation file."""
    unanswered: int
    """Chosen examples that one of the models could not be asked."""
    before: TeacherForced
    after: TeacherForced
    trials: tuple[Trial, ...]
    labels: LabelCard | None = None
    """How the tuned model chooses where the data has a closed set of answers."""

    @property
    def exact(self) -> Change:
        """Answers equal to the file's: the same text and the same calls."""
        return change_of_pairs(
            [(is_exact(t.base, t.expected), is_exact(t.tuned, t.expected)) for t in self.trials]
        )

    @property
    def json_validity(self) -> Change | None:
        """Among answers that are to be JSON: those that are; None when none is to be."""
        wanted = [t for t in self.trials if is_json(t.expected.text)]
        pairs = [(is_json(t.base.text), is_json(t.tuned.text)) for t in wanted]
        return change_of_pairs(pairs) if pairs else None

    @property
    def tool_calls(self) -> Change | None:
        """Among answers that are to call: those with the same calls; None when none is to."""
        wanted = [t for t in self.trials if t.expected.calls]
        pairs = [(_calls_match(t.base, t), _calls_match(t.tuned, t)) for t in wanted]
        return change_of_pairs(pairs) if pairs else None

    @property
    def sentence(self) -> Sentence:
        """The card in one sentence, as the job's event says it."""
        parts = [
            worded(
                "card.loss",
                "validation loss {before:.2f} before and {after:.2f} after",
                before=self.before.loss,
                after=self.after.loss,
            ),
            worded(
                "card.accuracy",
                "token accuracy {before} and {after}",
                before=_percent(self.before.token_accuracy),
                after=_percent(self.after.token_accuracy),
            ),
            worded("card.exact", "exact answers {change}", change=change_in_words(self.exact)),
        ]
        if (valid := self.json_validity) is not None:
            parts.append(worded("card.json", "valid JSON {change}", change=change_in_words(valid)))
        if (calls := self.tool_calls) is not None:
            parts.append(
                worded("card.calls", "matching tool calls {change}", change=change_in_words(calls))
            )
        if self.labels is not None:
            parts.append(self.labels.sentence)
        if self.unanswered:
            parts.append(unanswered_in_words(self.unanswered))
        of = part_of(len(self.trials), self.held_out)
        return worded(
            "card.examples",
            "Report card on {of} held-out examples: {parts}",
            of=of,
            parts=together(parts, "; "),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the card for programs."""
        return {
            "base_model": self.base_model,
            "tuned_model": self.tuned_model,
            "held_out_examples": self.held_out,
            "answered_examples": len(self.trials),
            "unanswered_examples": self.unanswered,
            "loss": {"base": self.before.loss, "tuned": self.after.loss},
            "token_accuracy": {
                "base": self.before.token_accuracy,
                "tuned": self.after.token_accuracy,
            },
            "exact_match": change_json(self.exact),
            "json_validity": _change(self.json_validity),
            "tool_call_match": _change(self.tool_calls),
            "labels": None if self.labels is None else self.labels.to_json(),
            "sentence": self.sentence,
            "wording": self.sentence.to_json(),
            "samples": [_sample(trial) for trial in telling(self.trials)],
        }


def said(message: Message) -> Said:
    """Return what a message of a file says."""
    calls = tuple((call.name, call.arguments) for call in message.tool_calls)
    return Said(text=message.content or "", calls=calls)


def is_exact(answer: Said, expected: Said) -> bool:
    """Say whether two answers mean the same: text as it is, arguments as JSON."""
    return answer.text.strip() == expected.text.strip() and _calls(answer) == _calls(expected)


def is_json(text: str) -> bool:
    """Say whether a text is a JSON object or array."""
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def telling(trials: Sequence[Trial]) -> list[Trial]:
    """Return a few trials to look at: those first that the models answer differently."""
    same = [t for t in trials if is_exact(t.base, t.tuned)]
    different = [t for t in trials if not is_exact(t.base, t.tuned)]
    return (different + same)[:_MAX_SAMPLES]


def _calls_match(answer: Said, trial: Trial) -> bool:
    return _calls(answer) == _calls(trial.expected)


def _calls(answer: Said) -> list[tuple[str, Any]]:
    return [(name, _arguments(arguments)) for name, arguments in answer.calls]


def _arguments(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def change_in_words(change: Change) -> Sentence:
    """Return how many passed before and after."""
    return worded(
        "card.change",
        "{before} of {total} and {after} of {total}",
        before=change.base.passed,
        after=change.candidate.passed,
        total=change.base.total,
    )


def unanswered_in_words(count: int) -> Sentence:
    """Return how many held-out examples were left out."""
    return worded(
        "card.unanswered",
        "{count} left out, which one of the models could not be asked",
        count=count,
    )


def part_of(answered: int, held_out: int) -> Sentence:
    """Return of how many held-out examples how many were answered."""
    if not answered:
        return in_others_words(str(held_out))
    return worded("card.part", "{part} of {whole}", part=answered, whole=held_out)


def change_json(change: Change) -> dict[str, Any]:
    """Return a change as cards write it: both rates, what became of the items, and the test."""
    return {
        "base": _rate(change.base),
        "tuned": _rate(change.candidate),
        "flips": change.flips._asdict(),
        "p_value": change.found.p_value,
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    return None if change is None else change_json(change)


def _rate(rate: Rate) -> dict[str, Any]:
    return {"passed": rate.passed, "total": rate.total, "interval": rate.interval._asdict()}


def _sample(trial: Trial) -> dict[str, Any]:
    return {
        "line": trial.line,
        "question": trial.question[:MAX_TEXT_CHARACTERS],
        "expected": shown(trial.expected),
        "base": shown(trial.base),
        "tuned": shown(trial.tuned),
    }


def written(answer: Said) -> str:
    """Return an answer as text, its calls written out."""
    calls = [f"{name}({arguments})" for name, arguments in answer.calls]
    return "\n".join(part for part in (answer.text, *calls) if part)


def shown(answer: Said) -> str:
    """Return the beginning of an answer as text."""
    return written(answer)[:MAX_TEXT_CHARACTERS]
