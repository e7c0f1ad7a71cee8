"""Whole numbers that clients write as text, in headers and forms: of any length, and bounded."""

import re

# Python reads digits of every script, and refuses to read more than 4,300 of them.
_DIGITS = re.compile(r"0*([0-9]*)")
_MAX_DIGITS = 18


def whole_number(text: str, *, at_most: int) -> int | None:
    """Return the number that a text of digits says, or `at_most` for larger ones; else None."""
    found = _DIGITS.fullmatch(text)
    if found is None or not text:
        return None
    digits = found[1]
    return at_most if len(digits) > _MAX_DIGITS else min(int(digits or "0"), at_most)
