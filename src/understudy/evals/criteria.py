"""The criteria of an eval that judge; one that cannot be used here is switched off."""

from collections.abc import Iterable, Mapping
from typing import Any

Criterion = Mapping[str, Any]

SWITCHED_OFF = "switched_off"
"""The key of a criterion that says why it is not used; such a criterion never counts as passed."""


def in_use(criteria: Iterable[Criterion]) -> list[Criterion]:
    """Return the criteria that judge the items of a new run."""
    return [criterion for criterion in criteria if SWITCHED_OFF not in criterion]
