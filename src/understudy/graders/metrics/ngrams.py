"""Measures that count the runs of words which two texts share: BLEU, GLEU, ROUGE-N and ROUGE-L."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from understudy.graders.metrics.words import tokens_of, words_of

_MAX_RUN = 4


def bleu(text: str, reference: str) -> float:
    """Return sentence BLEU, as sacrebleu has it with effective order and exponential smoothing.

    Source: Papineni et al. 2002; smoothing: Chen and Cherry 2014, method 3.
    """
    tokens, expected = tokens_of(text), tokens_of(reference)
    logarithms: list[float] = []
    halvings = 0
    has_match = False
    for size in range(1, min(_MAX_RUN, len(tokens)) + 1):
        shared, total, _ = _overlap(tokens, expected, size)
        has_match = has_match or shared > 0
        halvings += shared == 0
        precision = shared / total if shared else 0.5**halvings / total
        logarithms.append(math.log(precision))
    if not has_match:
        return 0.0
    brevity = min(0.0, 1 - len(expected) / len(tokens))
    return math.exp(brevity + sum(logarithms) / len(logarithms))


def gleu(text: str, reference: str) -> float:
    """Return Google's BLEU: the lower of precision and recall over runs of one to four words.

    Source: Wu et al. 2016, arXiv:1609.08144.
    """
    tokens, expected = tokens_of(text), tokens_of(reference)
    overlaps = [_overlap(tokens, expected, size) for size in range(1, _MAX_RUN + 1)]
    shared = sum(each.shared for each in overlaps)
    return shared / max(sum(e.ours for e in overlaps), sum(e.theirs for e in overlaps), 1)


def rouge_n(text: str, reference: str, *, size: int) -> float:
    """Return the F1 of runs of `size` words. Source: Lin 2004."""
    shared, ours, theirs = _overlap(words_of(text), words_of(reference), size)
    return 2 * shared / (ours + theirs) if shared else 0.0


def rouge_l(text: str, reference: str) -> float:
    """Return the F1 of the longest common subsequence of words. Source: Lin 2004."""
    words, expected = words_of(text), words_of(reference)
    shared = LCSseq.similarity(words, expected)
    return 2 * shared / (len(words) + len(expected)) if shared else 0.0


class _Overlap(NamedTuple):
    """How many runs of words two texts share, and how many each has."""

    shared: int
    ours: int
    theirs: int


def _overlap(tokens: Sequence[str], expected: Sequence[str], size: int) -> _Overlap:
    ours, theirs = _runs(tokens, size), _runs(expected, size)
    return _Overlap((ours & theirs).total(), ours.total(), theirs.total())


def _runs(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(size)), strict=False))
