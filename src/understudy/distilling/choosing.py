"""Which of the clean answers are learned: good enough, and each question's answer once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample
from understudy.data.report.near import NearIndex, sketch_of
from understudy.data.report.texts import answer_key, prompt_key, spoken_text
from understudy.distilling.captured import Captured
from understudy.distilling.cleaning import Drop, Reason


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A clean answer, and how good a grader found it."""

    captured: Captured
    example: ChatExample
    score: float | None = None
    """None where nobody was asked, or there is no telling."""
    problem: str | None = None
    """Why there is no score although a grader was asked."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The answers that are learned, and why the others are not."""

    kept: tuple[Candidate, ...]
    dropped: tuple[tuple[Captured, Drop], ...]


def choose(candidates: Sequence[Candidate], *, at_least: float | None, deduplicate: bool) -> Choice:
    """Choose among clean answers, given the newest first; the order is kept.

    Of several answers to one question the one with the highest score is learned, the newest of
    equals. `at_least` None means that no grader was asked.
    """
    dropped: list[tuple[Captured, Drop]] = []
    good: list[Candidate] = []
    for candidate in candidates:
        drop = None if at_least is None else _not_good_enough(candidate, at_least)
        if drop is None:
            good.append(candidate)
        else:
            dropped.append((candidate.captured, drop))
    kept = _one_a_question(good, dropped)
    if deduplicate:
        kept = _without_near(kept, dropped)
    return Choice(kept=tuple(kept), dropped=tuple(dropped))


def _not_good_enough(candidate: Candidate, at_least: float) -> Drop | None:
    if candidate.score is None:
        return Drop(Reason.NOT_GRADED, candidate.problem or "The grader gave no score.")
    if candidate.score < at_least:
        return Drop(Reason.BELOW_SCORE, f"Its score is {candidate.score:g}, below {at_least:g}.")
    return None


def _one_a_question(
    good: Sequence[Candidate], dropped: list[tuple[Captured, Drop]]
) -> list[Candidate]:
    best: dict[bytes, Candidate] = {}
    for candidate in good:
        key = prompt_key(candidate.example)
        if key not in best or _worth(candidate) > _worth(best[key]):
            best[key] = candidate
    kept: list[Candidate] = []
    for candidate in good:
        winner = best[prompt_key(candidate.example)]
        if winner is candidate:
            kept.append(candidate)
            continue
        is_same = answer_key(winner.example) == answer_key(candidate.example)
        reason = Reason.DUPLICATE if is_same else Reason.OTHER_ANSWER
        words = "the same answer to the same question" if is_same else "another answer to it"
        dropped.append((candidate.captured, Drop(reason, f"{winner.captured.id} is {words}.")))
    return kept


def _worth(candidate: Candidate) -> float:
    return 0.0 if candidate.score is None else candidate.score


def _without_near(
    kept: Sequence[Candidate], dropped: list[tuple[Captured, Drop]]
) -> list[Candidate]:
    """Leave out questions that are nearly an earlier one and have that one's very answer.

    Nearly the same question with another answer teaches where the difference lies, and stays.
    """
    indexes: dict[bytes, NearIndex] = {}
    ids: Mapping[int, str] = {i: each.captured.id for i, each in enumerate(kept)}
    chosen: list[Candidate] = []
    for number, candidate in enumerate(kept):
        index = indexes.setdefault(answer_key(candidate.example), NearIndex())
        first = index.add(number, sketch_of(spoken_text(candidate.example)))
        if first == number:
            chosen.append(candidate)
        else:
            drop = Drop(Reason.DUPLICATE, f"{ids[first]} is nearly the same, with its answer.")
            dropped.append((candidate.captured, drop))
    return chosen
