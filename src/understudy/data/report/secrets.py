"""Shapes of secrets and personal data in texts: counted, never shown."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from understudy.data.examples import ChatExample
from understudy.data.report.texts import texts_of


@dataclass(frozen=True, kw_only=True)
class ShapeCount:
    """How often one kind of data seems to occur; a shape is no proof."""

    kind: str
    occurrences: int
    examples: int


class _Shape(NamedTuple):
    kind: str
    hint: Callable[[str], bool]
    """Cheap and true wherever the pattern can match: most texts hold nothing of the kind."""
    pattern: re.Pattern[str]
    is_one: Callable[[str], bool]


def count_shapes(
    examples: Sequence[ChatExample], check_stop: Callable[[], None]
) -> tuple[ShapeCount, ...]:
    """Count every shape that occurs, the most frequent first."""
    occurrences: Counter[str] = Counter()
    in_examples: Counter[str] = Counter()
    for example in examples:
        check_stop()
        found = _found_in(texts_of(example))
        occurrences.update(found)
        in_examples.update(found.keys())
    return tuple(
        ShapeCount(kind=kind, occurrences=count, examples=in_examples[kind])
        for kind, count in sorted(occurrences.items(), key=lambda item: (-item[1], item[0]))
    )


def found_shapes(text: str) -> list[tuple[str, int, int]]:
    """Return every place of a text that has a shape, in order: its kind, begin and end."""
    return sorted(
        (
            (shape.kind, match.start(), match.end())
            for shape in _SHAPES
            if shape.hint(text)
            for match in shape.pattern.finditer(text)
            if shape.is_one(match.group())
        ),
        key=lambda found: (found[1], -found[2]),
    )


def _found_in(texts: Iterable[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in texts:
        for shape in _SHAPES:
            if not shape.hint(text):
                continue
            count = sum(shape.is_one(match.group()) for match in shape.pattern.finditer(text))
            if count:
                found[shape.kind] += count
    return found


def _any(_text: str) -> bool:
    return True


def _holds(*parts: str) -> Callable[[str], bool]:
    return lambda text: any(part in text for part in parts)


_DIGIT = re.compile(r"\d")


def _has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None


_CARD_DIGITS = (13, 14, 15, 16, 19)


def _is_card(text: str) -> bool:
    """Luhn's check digit, which every payment card has."""
    digits = [int(letter) for letter in text if letter.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    is_length = len(digits) in _CARD_DIGITS and len(set(digits)) > 1
    return is_length and (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """The remainder of ISO 13616: letters as numbers, the head moved to the end, 1 modulo 97."""
    letters = text.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in letters[4:] + letters[:4])) % 97 == 1


def _is_address(text: str) -> bool:
    return all(int(part) <= 255 for part in text.split("."))


# Every repetition is bounded, or cannot match in two ways: texts may be written to be slow.
_SHAPES = (
    _Shape(
        "email address",
        _holds("@"),
        re.compile(
            r"\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"
        ),
        _any,
    ),
    _Shape(
        "phone number",
        _has_digit,
        re.compile(
            r"(?<![\w+])(?:\+[0-9](?:[ ().-]{0,2}[0-9]){8,14}"
            r"|(?:\([0-9]{3}\) ?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4})(?!\w)"
        ),
        _any,
    ),
    _Shape(
        "payment card number",
        _has_digit,
        re.compile(r"(?<![\w.-])[0-9](?:[ -]?[0-9]){12,18}(?![\w-])"),
        _is_card,
    ),
    _Shape(
        "bank account number (IBAN)",
        _has_digit,
        re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
        _is_iban,
    ),
    _Shape(
        "US social security number",
        _has_digit,
        re.compile(r"(?<![\w-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![\w-])"),
        _any,
    ),
    _Shape(
        "IP address",
        _has_digit,
        re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.])"),
        _is_address,
    ),
    _Shape(
        "private key",
        _holds("PRIVATE KEY"),
        re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY"),
        _any,
    ),
    _Shape(
        "API key",
        _holds("sk-", "AKIA", "ghp_", "gho_", "ghs_", "github_pat_", "xox", "AIza", "hf_"),
        re.compile(
            r"\b(?:sk-[A-Za-z0-9_-]{20,200}|AKIA[A-Z0-9]{16}|gh[pos]_[A-Za-z0-9]{36}"
            r"|github_pat_[A-Za-z0-9_]{22,200}|xox[abprs]-[A-Za-z0-9-]{10,200}"
            r"|AIza[A-Za-z0-9_-]{35}|hf_[A-Za-z0-9]{30,60})"
        ),
        _any,
    ),
    _Shape(
        "web token (JWT)",
        _holds("eyJ"),
        re.compile(r"\beyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,4000}\."),
        _any,
    ),
    _Shape(
        "password",
        _holds("ass", "ASS", "pwd", "PWD"),
        re.compile(r"(?i)\b(?:password|passwd|passphrase|pwd)\b[\"']?\s{0,3}[:=]\s{0,3}\S{6}"),
        _any,
    ),
)
