"""What a model tuned on preferences does: its answers beside those of the model it began with."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from understudy.evals.report_cards.content import (
    MAX_TEXT_CHARACTERS,
    change_in_words,
    change_json,
    part_of,
    unanswered_in_words,
)
from understudy.evals.verdict.changes import Change, change_of_pairs
from understudy.evals.verdict.statistics import (
    LEVEL,
    Difference,
    Interval,
    Unit,
    paired_difference,
)
from understudy.evals.verdict.wording import p_text, percent
from understudy.graders.metrics.measures import measure_of
from understudy.wording import Sentence, together, worded

CLOSENESS_METRIC = "gleu"
"""The measure of likeness by which answers are compared with those of the file."""
_MAX_SAMPLES = 5

Winner = Literal["base", "tuned", "tie"]


@dataclass(frozen=True, kw_only=True)
class JudgedAnswer:
    """A sampled answer and how good it was found."""

    text: str
    score: float
    has_passed: bool
    """Whether it is closer to the preferred answer than to the other, or passes the grader."""


@dataclass(frozen=True, kw_only=True)
class PreferenceTrial:
    """One held-out pair, and what both models answered to its conversation."""

    line: int
    prompt: bytes
    """The same for equal conversations, whose trials say less than as many different ones."""
    question: str
    preferred: str
    non_preferred: str
    base: JudgedAnswer
    tuned: JudgedAnswer

    @property
    def winner(self) -> Winner:
        """Whose answer was found better."""
        if self.base.score == self.tuned.score:
            return "tie"
        return "tuned" if self.tuned.score > self.base.score else "base"


@dataclass(frozen=True, kw_only=True)
class WinRate:
    """How often the tuned model's answer is the better one; half of the ties count."""

    wins: int
    losses: int
    ties: int
    found: Difference
    """Of wins less losses, so from -1 to 1."""

    @property
    def rate(self) -> float:
        """The share of wins."""
        return (1 + self.found.mean) / 2

    @property
    def interval(self) -> Interval | None:
        """Where the true share lies; None when nothing is known."""
        if self.found.interval is None:
            return None
        low, high = self.found.interval
        return Interval((1 + low) / 2, (1 + high) / 2)

    @property
    def verdict(self) -> Literal["better", "worse", "cannot_tell"]:
        """What the trials allow to say of the tuned model."""
        if self.found.p_value >= LEVEL:
            return "cannot_tell"
        return "better" if self.found.mean > 0 else "worse"


@dataclass(frozen=True, kw_only=True)
class PreferenceCard:
    """Everything that the card of a job over pairs says."""

    base_model: str
    tuned_model: str
    held_out: int
    """Pairs of the validation file."""
    unanswered: int
    """Chosen pairs that one of the models could not be asked."""
    ungraded: int
    """Pairs with an answer that the grader could not grade."""
    judged_by: str | None
    """The name of the grader; None where closeness decided."""
    metrics: Mapping[str, float]
    """Those of the last checkpoint."""
    trials: tuple[PreferenceTrial, ...]

    @property
    def win_rate(self) -> WinRate:
        """Count and test whose answers are better; trials of one conversation are one unit."""
        worth = {"tuned": 1, "base": -1, "tie": 0}
        units: dict[bytes, list[int]] = defaultdict(list)
        for trial in self.trials:
            units[trial.prompt].append(worth[trial.winner])
        winners = [trial.winner for trial in self.trials]
        return WinRate(
            wins=winners.count("tuned"),
            losses=winners.count("base"),
            ties=winners.count("tie"),
            found=paired_difference(
                [Unit(sum(values), len(values)) for values in units.values()], scale=1.0
            ),
        )

    @property
    def passing(self) -> Change:
        """Answers closer to the preferred one, or those that pass the grader."""
        return change_of_pairs([(t.base.has_passed, t.tuned.has_passed) for t in self.trials])

    @property
    def sentence(self) -> Sentence:
        """The card in one sentence, as the job's event says it."""
        parts = [self._verdict(), together((self._passing_words(), change_in_words(self.passing)))]
        accuracy = self.metrics.get("full_valid_reward_accuracy")
        if accuracy is not None:
            parts.append(
                worded(
                    "card.reward_accuracy",
                    "reward accuracy of training {accuracy}",
                    accuracy=percent(accuracy),
                )
            )
        if self.unanswered:
            parts.append(unanswered_in_words(self.unanswered))
        if self.ungraded:
            parts.append(
                worded(
                    "card.ungraded",
                    "{count} left out, which the grader could not grade",
                    count=self.ungraded,
                )
            )
        of = part_of(len(self.trials), self.held_out)
        return worded(
            "card.pairs",
            "Report card on {of} held-out pairs: {parts}",
            of=of,
            parts=together(parts, "; "),
        )

    def _verdict(self) -> Sentence:
        found = self.win_rate
        if found.interval is None:
            return worded("card.nothing_compared", "no answers could be compared")
        low, high = (percent(end) for end in found.interval)
        counts = worded(
            "card.win_rate",
            "{wins} wins, {losses} losses, {ties} ties: win rate {rate}, 95 % "
            "interval {low} to {high}, p {p}",
            wins=found.wins,
            losses=found.losses,
            ties=found.ties,
            rate=percent(found.rate),
            low=low,
            high=high,
            p=p_text(found.found.p_value),
        )
        words = {
            "better": worded("card.better", "the tuned model's sampled answers are better"),
            "worse": worded("card.worse", "the tuned model's sampled answers are worse"),
            "cannot_tell": worded(
                "card.cannot_tell", "cannot tell whose sampled answers are better"
            ),
        }
        return worded(
            "card.verdict", "{verdict} ({counts})", verdict=words[found.verdict], counts=counts
        )

    def _passing_words(self) -> Sentence:
        if self.judged_by is not None:
            return worded("card.passing", "passing '{grader}'", grader=self.judged_by)
        return worded("card.closer", "closer in wording to the preferred answer than to the other")

    def to_json(self) -> dict[str, Any]:
        """Return the card for programs."""
        found = self.win_rate
        interval = found.interval
        return {
            "method": "dpo",
            "base_model": self.base_model,
            "tuned_model": self.tuned_model,
            "held_out_examples": self.held_out,
            "answered_examples": len(self.trials),
            "unanswered_examples": self.unanswered,
            "ungraded_examples": self.ungraded,
            "judged_by": self.judged_by,
            "closeness_metric": CLOSENESS_METRIC if self.judged_by is None else None,
            "win_rate": {
                "wins": found.wins,
                "losses": found.losses,
                "ties": found.ties,
                "rate": found.rate,
                "interval": None if interval is None else interval._asdict(),
                "p_value": found.found.p_value,
                "verdict": found.verdict,
            },
            "passing": change_json(self.passing),
            "reward_accuracy": self.metrics.get("full_valid_reward_accuracy"),
            "reward_margin": self.metrics.get("full_valid_reward_margin"),
            "sentence": self.sentence,
            "wording": self.sentence.to_json(),
            "samples": [_sample(trial) for trial in _telling(self.trials)],
        }


def closeness(text: str, *, preferred: str, non_preferred: str) -> JudgedAnswer:
    """Judge an answer by its wording: how much liker the preferred answer it is, -1 to 1.

    What both answers of the file share cancels out. Likeness in words is not likeness in meaning:
    for answers that may be worded freely, a grader says more.
    """
    alike = measure_of(CLOSENESS_METRIC)
    score = alike(text.strip(), preferred.strip()) - alike(text.strip(), non_preferred.strip())
    return JudgedAnswer(text=text, score=score, has_passed=score > 0)


def _telling(trials: Sequence[PreferenceTrial]) -> list[PreferenceTrial]:
    """Return a few trials to look at: of each kind of winner some, those first that differ."""
    decided = [t for t in trials if t.winner != "tie"]
    lost = [t for t in decided if t.winner == "base"][:2]
    won = [t for t in decided if t.winner == "tuned"][: _MAX_SAMPLES - len(lost)]
    tied = [t for t in trials if t.winner == "tie"]
    return (won + lost + tied)[:_MAX_SAMPLES]


def _sample(trial: PreferenceTrial) -> dict[str, Any]:
    texts = {
        "question": trial.question,
        "preferred": trial.preferred,
        "non_preferred": trial.non_preferred,
        "base": trial.base.text,
        "tuned": trial.tuned.text,
    }
    return {
        "line": trial.line,
        **{name: text[:MAX_TEXT_CHARACTERS] for name, text in texts.items()},
        "base_score": trial.base.score,
        "tuned_score": trial.tuned.score,
        "winner": trial.winner,
    }
