"""Texts of any length that are nearly the same, found among many."""

from understudy.data.report.near import NearIndex, sketch_of_words, words_of
from understudy.data.report.near_short import MAX_WORDS, ShortTexts

# Texts of about the bound's length are held in both ways, so that two on its sides meet.
_MIN_WORDS_OF_LONG = 25


class NearTexts:
    """Holds one line for each group of near texts."""

    def __init__(self) -> None:
        self._short = ShortTexts()
        self._long = NearIndex()

    def add(self, line: int, text: str) -> int:
        """Return the line whose group this text belongs to: an earlier one, or `line` itself."""
        words = words_of(text)
        earlier = line
        if len(words) <= MAX_WORDS:
            earlier = self._short.add(line, text, words)
        if len(words) >= _MIN_WORDS_OF_LONG and earlier == line:
            earlier = self._long.add(line, sketch_of_words(words))
        return earlier

    def find(self, text: str) -> int | None:
        """Return the line of a text that is near, or None."""
        words = words_of(text)
        found = self._short.find(text, words) if len(words) <= MAX_WORDS else None
        if found is None and len(words) >= _MIN_WORDS_OF_LONG:
            found = self._long.find(sketch_of_words(words))
        return found
