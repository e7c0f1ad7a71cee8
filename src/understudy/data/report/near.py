"""Texts that are nearly the same, found among many without comparing each with each."""

import re
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence

NEAR_SHARE = 0.8
"""Texts are near when they share this much of their three-word pieces (Jaccard's measure)."""

_PIECE_WORDS = 3
_MAX_WORDS = 2_000
_MAX_CHARACTERS = 40_000
_SKETCH_SIZE = 64
# Two texts that share 80 % of their pieces agree in none of 8 with a chance of about 0.2 ** 8.
_KEYS = 8
# Bounds the work on files in which thousands of texts share a phrase.
_MAX_LISTED = 64
_MAX_COMPARED = 16

# Scripts written without spaces count by the character.
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")

Sketch = tuple[int, ...]
"""The smallest hashes of a text's pieces, in order: a sample that two texts draw alike."""


def words_of(text: str) -> list[str]:
    """Return the words of a text, at most 2,000, in lower case and without punctuation."""
    return [word.lower() for word in _WORD.findall(text[:_MAX_CHARACTERS])[:_MAX_WORDS]]


def sketch_of(text: str) -> Sketch:
    """Return a text's sketch; letter case, punctuation and spacing make no difference.

    Source: Broder 1997, "On the resemblance and containment of documents" (bottom-k sketches).
    """
    return sketch_of_words(words_of(text))


def sketch_of_words(words: Sequence[str]) -> Sketch:
    """Return the sketch of a text of these words."""
    ends = range(max(1, len(words) - _PIECE_WORDS + 1))
    pieces = {" ".join(words[at : at + _PIECE_WORDS]) for at in ends}
    # Python's own hash of a text differs from process to process.
    return tuple(sorted({zlib.crc32(piece.encode()) for piece in pieces})[:_SKETCH_SIZE])


def is_near(one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether two texts share about NEAR_SHARE of their pieces; exact for short texts."""
    shared = set(one) & set(other)
    sample = sorted(set(one) | set(other))[:_SKETCH_SIZE]
    return sum(hash in shared for hash in sample) >= NEAR_SHARE * len(sample)


class Candidates:
    """The texts seen so far, asked which of them may be near another one."""

    def __init__(self) -> None:
        self._numbers_of_key: dict[int, list[int]] = {}

    def add(self, number: int, sketch: Sketch) -> None:
        """Remember a text by its number."""
        for key in sketch[:_KEYS]:
            numbers = self._numbers_of_key.setdefault(key, [])
            if len(numbers) < _MAX_LISTED:
                numbers.append(number)

    def of(self, sketch: Sketch) -> Iterator[int]:
        """Yield the numbers of the texts that are worth comparing, the likeliest first."""
        votes: Counter[int] = Counter()
        for key in sketch[:_KEYS]:
            votes.update(self._numbers_of_key.get(key, ()))
        for number, _ in votes.most_common(_MAX_COMPARED):
            yield number


class NearIndex:
    """Holds one line for each group of near texts."""

    def __init__(self) -> None:
        # A tenth of the memory that tuples take.
        self._sketches: dict[int, array[int]] = {}
        self._candidates = Candidates()

    def add(self, line: int, sketch: Sketch) -> int:
        """Return the line whose group this text belongs to: an earlier one, or `line` itself."""
        earlier = self.find(sketch)
        if earlier is not None:
            return earlier
        self._sketches[line] = array("I", sketch)
        self._candidates.add(line, sketch)
        return line

    def find(self, sketch: Sketch) -> int | None:
        """Return the line of a text that is near, or None."""
        candidates = self._candidates.of(sketch)
        return next((line for line in candidates if is_near(sketch, self._sketches[line])), None)
