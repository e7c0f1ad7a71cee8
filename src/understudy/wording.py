"""Sentences for people with a code and values, so that another language can say the same."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from string import Formatter
from typing import Any, Self

Value = str | int | float | PurePath | Sequence[str]
"""What a sentence names; one that is a `Sentence` itself, or a sequence of some, is said anew."""

_TOGETHER = "together"
_GROUPED = ","
_FORMATTER = Formatter()


class Sentence(str):
    """An English sentence that knows what it says: everything that only shows it needs no more.

    Whatever makes another text of it (`+`, formatting) loses the code, and its type says so.
    """

    code: str | None = None
    """What it says; None for the words of others, which nobody can say in another language."""
    values: Mapping[str, Value] = {}

    @classmethod
    def of(cls, code: str | None, text: str, values: Mapping[str, Value]) -> Self:
        """Return a sentence with its code and the values that stand in its text."""
        made = cls(text)
        made.code = code
        made.values = values
        return made

    def to_json(self) -> dict[str, Any] | None:
        """Return what it says as JSON; None for the words of others."""
        if self.code is None:
            return None
        return {"code": self.code, "values": {k: _to_json(v) for k, v in self.values.items()}}


def worded(code: str, text: str, /, **values: Value) -> Sentence:
    """Return the sentence `text` with its values in place.

    A value with a format, as in `{loss:.2f}`, is kept as it is written; others are kept as numbers
    and texts. `scripts/sentences.py` reads code and text from the call: both are literals.
    """
    formatted = {
        name: format(values[name], how)
        for _, name, how, _ in _FORMATTER.parse(text)
        if name is not None and how and how != _GROUPED
    }
    shown = {name: _shown(value) for name, value in values.items()}
    return Sentence.of(code, text.format(**shown), values | formatted)


def together(sentences: Iterable[str], between: str = " ") -> Sentence:
    """Return several sentences as one."""
    parts = [each for each in sentences if each]
    if len(parts) == 1 and isinstance(parts[0], Sentence):
        return parts[0]
    return Sentence.of(_TOGETHER, between.join(parts), {"parts": parts, "between": between})


def in_others_words(text: str) -> Sentence:
    """Return a text that is not ours: of a remote server, a user's code or the system."""
    return text if isinstance(text, Sentence) else Sentence(text)


def sentence_of(error: Exception) -> Sentence:
    """Return what an exception says, with its code if it was raised with one."""
    said = error.args[0] if error.args else None
    return said if isinstance(said, Sentence) else Sentence(error)


def clause(sentence: str) -> Sentence:
    """Return a sentence without its full stop, for the inside of another."""
    ended = sentence.rstrip(".")
    if isinstance(sentence, Sentence) and sentence.code is not None:
        return Sentence.of(sentence.code, ended, sentence.values)
    return Sentence(ended)


def stored_sentence(text: str, stored: Mapping[str, Any] | None) -> Sentence:
    """Return a sentence from its text and what `Sentence.to_json` gave, which may be None."""
    return Sentence(text) if stored is None else Sentence.of(stored["code"], text, stored["values"])


def wording_of(text: str | None) -> dict[str, Any] | None:
    """Return what a text says as JSON, if it is a sentence that knows."""
    return text.to_json() if isinstance(text, Sentence) else None


def _shown(value: Value) -> str | int | float | PurePath:
    return value if isinstance(value, str | int | float | PurePath) else ", ".join(value)


def _to_json(value: Value) -> Any:
    if isinstance(value, Sentence):
        return value.to_json() or str(value)
    if isinstance(value, PurePath):
        return str(value)
    # What was stored is JSON already.
    if isinstance(value, str | int | float | dict):
        return value
    return [_to_json(each) for each in value]
