"""METEOR without a thesaurus: words match when they are equal or have the same English stem."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from snowballstemmer.porter_stemmer import PorterStemmer

from understudy.graders.metrics.words import words_of

_RECALL_WEIGHT = 0.9
_PENALTY_WEIGHT = 0.5
_PENALTY_POWER = 3


def meteor(text: str, reference: str) -> float:
    """Return how well the words match and how few pieces the matches fall into.

    Source: Banerjee and Lavie 2005, with the stages "exact" and "stem" and the usual weights, but
    equal texts score 1, as in Meteor 1.5.
    """
    return meteor_of_words(words_of(text), words_of(reference))


def meteor_of_words(words: Sequence[str], expected: Sequence[str]) -> float:
    """Return METEOR of texts that are cut into words already."""
    matches = _matches(words, expected)
    if not matches:
        return 0.0
    precision, recall = len(matches) / len(words), len(matches) / len(expected)
    mean = precision * recall / (_RECALL_WEIGHT * precision + (1 - _RECALL_WEIGHT) * recall)
    pieces = 1 + sum(
        (left + 1, right + 1) != following for (left, right), following in pairwise(matches)
    )
    if pieces == 1 and len(matches) == len(words) == len(expected):
        # As Meteor 1.5 does: what is the same from end to end is in no pieces at all.
        return 1.0
    return mean * (1 - _PENALTY_WEIGHT * (pieces / len(matches)) ** _PENALTY_POWER)


def _matches(words: Sequence[str], expected: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of places that match, in the order of the text."""
    exact = _pair(dict(enumerate(words)), dict(enumerate(expected)))
    taken_words, taken_expected = {i for i, _ in exact}, {j for _, j in exact}
    stems = {i: _stem(word) for i, word in enumerate(words) if i not in taken_words}
    expected_stems = {j: _stem(word) for j, word in enumerate(expected) if j not in taken_expected}
    return sorted(exact + _pair(stems, expected_stems))


def _pair(words: Mapping[int, str], expected: Mapping[int, str]) -> list[tuple[int, int]]:
    """Pair the places of equal words from the end, as the reference implementation does."""
    waiting: dict[str, list[int]] = {}
    for place, word in expected.items():
        waiting.setdefault(word, []).append(place)
    pairs: list[tuple[int, int]] = []
    for place in sorted(words, reverse=True):
        if candidates := waiting.get(words[place]):
            pairs.append((place, candidates.pop()))
    return pairs


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    # A new one each time: it keeps the word in itself, and other threads may be stemming too.
    return str(PorterStemmer().stemWord(word))
