"""Short texts that are nearly the same: a slip or a "please" more, but no other fact."""

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from rapidfuzz.distance import OSA, Levenshtein

from understudy.data.report.loose_text import loosely

MAX_WORDS = 30
"""Longer texts are compared by their pieces (`is_near`): a changed word counts less there."""

Words = list[str]

_GRAM = 4
# A few very long words, such as encoded pictures, are known by their beginning.
_MAX_CHARACTERS = 1_000
# Texts that share 75 % of their pieces agree in one of 8 pairs of smallest hashes with a chance
# of 99.9 %, texts that share 10 % with one of 8 %.
_BANDS = 8
_chance = np.random.default_rng(20)
_FACTORS = _chance.integers(1, 2**63, (2 * _BANDS, 1), dtype=np.uint64) | np.uint64(1)
_OFFSETS = _chance.integers(0, 2**63, (2 * _BANDS, 1), dtype=np.uint64)
_PLACES = np.arange(_BANDS, dtype=np.uint64)

# A word is misspelt, and not another one, when it begins alike and this much of it is the same.
_MIN_SLIP_LETTERS = 5
_LONG_WORD_LETTERS = 9
_WORDS_FOR_ONE_MORE = 4
_DIGIT = re.compile(r"[0-9]")
_NEGATION = re.compile(
    r"(?:not|no|never|cannot|without|except|off|nicht|keine?n?|nie|ohne|sin|nunca|ne|pas|jamais|sans"
    r"|[不没未无非別無])"
)


def is_near_short(one: Words, other: Words) -> bool:
    """Say whether two texts differ only in slips, and in a word or two more.

    Another number, name or negation makes another text.
    """
    more = 0
    for left, right in _changes(one, other):
        if "".join(left) == "".join(right):
            continue
        if not left or not right:
            if any(map(_weighs, left + right)):
                return False
            more += len(left) + len(right)
        elif len(left) != len(right) or not all(map(_is_slip, left, right)):
            return False
    return more <= max(1, min(len(one), len(other)) // _WORDS_FOR_ONE_MORE)


def _changes(one: Words, other: Words) -> Iterator[tuple[Words, Words]]:
    """Yield what stands in each text between the words that both have."""
    start, other_start = 0, 0
    for block in Levenshtein.editops(one, other).as_matching_blocks():
        if block.a > start or block.b > other_start:
            yield one[start : block.a], other[other_start : block.b]
        start, other_start = block.a + block.size, block.b + block.size


class ShortTexts:
    """Holds one line for each group of near texts, all of them short."""

    def __init__(self) -> None:
        self._words: dict[int, str] = {}
        self._line_of_key: dict[int, int] = {}

    def add(self, line: int, text: str, words: Words) -> int:
        """Return the line whose group this text belongs to: an earlier one, or `line` itself.

        `words` are those of the text.
        """
        keys = _keys_of(text)
        earlier = self._find(words, keys)
        if earlier is not None:
            return earlier
        self._words[line] = " ".join(words)
        for key in keys:
            self._line_of_key.setdefault(key, line)
        return line

    def find(self, text: str, words: Words) -> int | None:
        """Return the line of a text that is near, or None."""
        return self._find(words, _keys_of(text))

    def _find(self, words: Words, keys: Sequence[int]) -> int | None:
        candidates = {line for key in keys if (line := self._line_of_key.get(key)) is not None}
        near = (at for at in sorted(candidates) if is_near_short(words, self._words[at].split()))
        return next(near, None)


def _keys_of(text: str) -> list[int]:
    """Return numbers of which near texts nearly always share one.

    Source: Broder 1997 (minwise hashing), in bands of two.
    """
    letters = loosely(text[:_MAX_CHARACTERS])
    grams = {letters[at : at + _GRAM] for at in range(max(1, len(letters) - _GRAM + 1))}
    hashes = np.array([zlib.crc32(gram.encode()) for gram in grams], dtype=np.uint64)
    smallest = ((hashes * _FACTORS + _OFFSETS) >> np.uint64(32)).min(axis=1)
    # Each pair of 32-bit hashes is one number, with its place instead of the lowest bits.
    pairs = (smallest[::2] << np.uint64(32)) | smallest[1::2]
    return ((pairs >> np.uint64(3) << np.uint64(3)) | _PLACES).tolist()


def _weighs(word: str) -> bool:
    """Say whether a word more or less makes another text."""
    return _NEGATION.fullmatch(word) is not None or _DIGIT.search(word) is not None


def _without_accents(word: str) -> str:
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _is_slip(one: str, other: str) -> bool:
    """Say whether two words are one word, misspelt or without its accents."""
    if _DIGIT.search(one) or _DIGIT.search(other):
        return False
    longer = max(len(one), len(other))
    if _without_accents(one) == _without_accents(other):
        return True
    if longer < _MIN_SLIP_LETTERS or one[0] != other[0]:
        return False
    return OSA.distance(one, other) <= (2 if longer > _LONG_WORD_LETTERS else 1)
