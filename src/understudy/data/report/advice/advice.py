"""One piece of advice: what was seen, in which lines, and how much it matters."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from understudy.data.report.line_numbers import LineGroups, Lines

Value = str | int | tuple[str, ...]
"""What stands for a parameter in the words of an advice."""


class Severity(StrEnum):
    """How much an observation matters."""

    MUST_MEND = "must_mend"
    """A model trained on this learns something wrong, or a measurement is not to be trusted."""
    LOOK_AT = "look_at"
    """Usually wrong, sometimes meant."""
    FOR_INFORMATION = "for_information"


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do about one kind of observation."""

    code: str
    """Its kind; the documentation describes each."""
    severity: Severity
    file: Literal["training", "validation"]
    """Which file `lines` are of."""
    lines: Lines | None
    """None where it is about the file as a whole."""
    groups: LineGroups | None
    """The same lines by what belongs together; None where nothing does."""
    parameters: Mapping[str, Value]
    """What the words name, besides the lines."""
    text: str
    """What was seen and what to do, in English."""
