"""Reads a guard's answer: its verdict, the probability of that, and the categories it names."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from understudy.errors import ModerationFaultError
from understudy.safety.guards.guard import Guard, GuardQuestion
from understudy.safety.judgement import CategoryJudgement


@dataclass(frozen=True, kw_only=True)
class ScoredToken:
    """A token of an answer, with the likeliest ones at its place."""

    text: str
    logprob: float
    """In nats, as the model has it before anything is chosen."""
    likeliest: tuple[tuple[str, float], ...]

    @property
    def probability(self) -> float:
        """The probability of the token."""
        return math.exp(self.logprob)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the label stands in an answer."""

    token: int
    """The token in which the label begins."""
    lead: str
    """What stands before the label in that token."""
    label: str
    """In lower case."""
    is_capital: bool
    """Whether it was written with a capital letter."""


def find_verdict(guard: Guard, tokens: Sequence[ScoredToken]) -> Place:
    """Return where the label stands; raises ModerationFaultError where there is none."""
    text = "".join(token.text for token in tokens)
    found = guard.verdict.search(text)
    label = "" if found is None else found[1].lower()
    if found is None or label not in guard.labels:
        raise unreadable(text)
    index, lead = _token_at(tokens, found.start(1))
    return Place(token=index, lead=lead, label=label, is_capital=found[1][0].isupper())


def unreadable(text: str) -> ModerationFaultError:
    """Return the error for an answer that says nothing of safety."""
    return ModerationFaultError(
        "The moderation model's answer cannot be read as a judgement, so the text was not judged: "
        f"{text.strip()[:200]!r}. See whether [safety] in understudy.toml names the right model "
        "and guard.",
        code="moderation_unreadable",
    )


def shares(token: ScoredToken, words: Collection[str]) -> dict[str, float]:
    """Return the probability of each word that is reported to begin at this token.

    Words are in lower case. Tokens that may begin several of them count for none.
    """
    found: dict[str, float] = {}
    reported = dict([(token.text, token.logprob), *token.likeliest])
    for text, logprob in reported.items():
        word = _begun(text.strip().lower(), words)
        if word is not None:
            found[word] = found.get(word, 0.0) + math.exp(logprob)
    return found


def unsafe_share(guard: Guard, probabilities: Mapping[str, float]) -> float:
    """Return the probability of an unsafe label among the labels: each has a probability."""
    total = sum(probabilities[label] for label in guard.labels)
    if total <= 0:
        raise ModerationFaultError(
            "The moderation model gives neither verdict any probability, so the text was not "
            "judged.",
            code="moderation_unreadable",
        )
    unsafe = sum(probabilities[label] for label, is_unsafe in guard.labels.items() if is_unsafe)
    return min(unsafe / total, 1.0)


def find_categories(
    guard: Guard,
    question: GuardQuestion,
    tokens: Sequence[ScoredToken],
    place: Place,
    score: float,
) -> dict[str, CategoryJudgement]:
    """Return what one answer says of our categories, given its probability of being unsafe.

    A category that the guard names has that probability. One that it does not name has the
    probability that it would have been named first; of a text called safe, at most the whole.
    """
    is_flagged = guard.labels[place.label]
    if guard.listed is None:
        return {
            category: CategoryJudgement(score=score, is_flagged=is_flagged)
            for category in question.categories
        }
    judged: dict[str, CategoryJudgement] = {}
    named, first = _named(guard, tokens) if is_flagged else (frozenset[str](), {})
    for name, ours in guard.names.items():
        own = score if name in named or not is_flagged else score * first.get(name, 0.0)
        for category in ours:
            before = judged.get(category)
            judged[category] = CategoryJudgement(
                score=own if before is None else max(own, before.score),
                is_flagged=name in named or (before is not None and before.is_flagged),
            )
    return judged


def _named(guard: Guard, tokens: Sequence[ScoredToken]) -> tuple[frozenset[str], dict[str, float]]:
    """Return the categories that an answer names, and how likely each was to stand first."""
    assert guard.listed is not None, "this guard writes a list"
    text = "".join(token.text for token in tokens)
    listed = guard.listed.search(text)
    if listed is None:
        return frozenset(), {}
    said = [part.strip().strip('."').lower() for part in re.split("[,\n]", listed[1])]
    named = frozenset(name for name in guard.names if name in said)
    at = listed.start(1) + len(listed[1]) - len(listed[1].lstrip())
    index, lead = _token_at(tokens, at)
    # Where all names begin alike, such as S1 to S14, they part one token later.
    common = _common_beginning(guard.names)
    if common and len(tokens[index].text.removeprefix(lead)) <= len(common):
        index += 1
    if index >= len(tokens):
        return named, {}
    rests = {name.removeprefix(common): name for name in guard.names}
    words = rests if index > _token_at(tokens, at)[0] else {name: name for name in guard.names}
    return named, {words[word]: share for word, share in shares(tokens[index], words).items()}


def _common_beginning(names: Collection[str]) -> str:
    first, last = min(names), max(names)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return first[:same]


def _begun(text: str, words: Collection[str]) -> str | None:
    if not text:
        return None
    if text in words:
        return text
    longer = [word for word in words if word.startswith(text)]
    if len(longer) == 1:
        return longer[0]
    within = [word for word in words if text.startswith(word)]
    return within[0] if len(within) == 1 and not longer else None


def _token_at(tokens: Sequence[ScoredToken], position: int) -> tuple[int, str]:
    """Return the token in which a position of the text lies, and what stands before it there."""
    start = 0
    for index, token in enumerate(tokens):
        if position < start + len(token.text):
            return index, token.text[: position - start]
        start += len(token.text)
    raise AssertionError("the position lies in the text")
