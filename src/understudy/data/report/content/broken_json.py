"""Answers that are no JSON in a file whose answers are JSON."""

import json
import re
from collections.abc import Sequence
from typing import NoReturn

_MIN_VALID = 3
# From this share on the file is one of JSON; with less, prose beside it may be meant.
_MOSTLY = 0.8
# With less than this, what looks like JSON may be anything.
_MANY = 0.2

_LOOKS_LIKE_JSON = re.compile(r"\s*(?:\{\s*[\"'“}\w]|\[\s*[\"{\[\]0-9]|```json)")


def broken_json(answers: Sequence[str]) -> list[int]:
    """Return the places of the answers that should be JSON like the others, and are not.

    In a file of JSON that is every other answer; where JSON is a part, those that look like it.
    """
    places = [at for at, answer in enumerate(answers) if not is_json(answer)]
    valid = len(answers) - len(places)
    if valid < _MIN_VALID or valid < _MANY * len(answers):
        return []
    if valid >= _MOSTLY * len(answers):
        return places
    return [at for at in places if _LOOKS_LIKE_JSON.match(answers[at])]


def is_json(answer: str) -> bool:
    """Say whether an answer is a JSON object or array and nothing else."""
    if answer.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(answer, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> NoReturn:
    # Python reads NaN and Infinity, which JSON does not have.
    raise ValueError(constant)
