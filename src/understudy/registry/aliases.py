"""Aliases by pattern, and what an alias says of parameters that its base has no place for."""

import re
from collections.abc import Collection
from dataclasses import dataclass

STAR = "*"
"""Stands for any characters, also none, in a name that is a pattern."""

EFFORT = "reasoning_effort"
VERBOSITY = "verbosity"

# A name that is made up on the spot becomes part of the names of tuned models.
_NAME = re.compile(r"[A-Za-z0-9][\w./@+-]{0,199}", re.ASCII)
_TUNED = "ft:"


@dataclass(frozen=True, kw_only=True)
class Leniency:
    """Which parameters are ignored where a model cannot follow them, and by whose word."""

    alias: str | None = None
    """The alias or pattern of the settings; None where everything is refused."""
    parameters: frozenset[str] = frozenset()
    """By their names in chat: `reasoning_effort`, `verbosity`."""


STRICT = Leniency()
"""Refuses whatever cannot be followed."""


def is_pattern(name: str) -> bool:
    """Say whether an alias stands for many names."""
    return STAR in name


def closest_pattern(patterns: Collection[str], name: str) -> str | None:
    """Return the pattern that says most about a name, or None where none fits.

    That is the one with the most characters besides stars; of several, the one whose beginning
    before the first star is longest. A name of a tuned model, `ft:…`, fits none: a model that is
    gone must not be answered for by another one.
    """
    if name.startswith(_TUNED) or not _NAME.fullmatch(name):
        return None
    fitting = [pattern for pattern in patterns if is_pattern(pattern) and _fits(pattern, name)]
    return max(fitting, key=_said, default=None)


def _fits(pattern: str, name: str) -> bool:
    parts = map(re.escape, pattern.split(STAR))
    return re.fullmatch(".*".join(parts), name) is not None


def _said(pattern: str) -> tuple[int, int, str]:
    return len(pattern.replace(STAR, "")), len(pattern.partition(STAR)[0]), pattern
