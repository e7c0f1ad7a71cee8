"""Outcomes of two runs joined by the item they are about."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from understudy.errors import InvalidRequestError


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one run made of one item."""

    number: int
    """Where the item stands in its run's data source."""
    item_key: bytes
    """The same for equal items, whatever their place."""
    is_errored: bool
    """Sampling or grading broke: neither passed nor failed."""
    is_passed: bool
    scores: Mapping[str, float]
    """Criterion id to score; empty when errored."""
    passes: Mapping[str, bool]
    """Criterion id to whether its grader was satisfied."""


class Pair(NamedTuple):
    """The same item under both models."""

    base: Outcome
    candidate: Outcome


def item_key(item: Mapping[str, Any]) -> bytes:
    """Return a digest that is the same for items that say the same."""
    text = json.dumps(item, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).digest()


def pair_outcomes(base: Iterable[Outcome], candidate: Iterable[Outcome]) -> tuple[Pair, ...]:
    """Join two runs over the same data, in the order of the base's.

    An item that occurs several times is joined in order. Raises InvalidRequestError when the runs
    are not about the same items.
    """
    ours, theirs = _by_item(base), _by_item(candidate)
    only_base = _surplus(ours, theirs)
    only_candidate = _surplus(theirs, ours)
    if only_base or only_candidate:
        raise InvalidRequestError(
            "The two runs are not about the same data: "
            f"{_count(only_base)} only in the base run and {_count(only_candidate)} only in the "
            "candidate run. Run both models on the same data source.",
            code="different_data",
            param="candidate",
        )
    pairs = [
        Pair(one, other)
        for key, outcomes in ours.items()
        for one, other in zip(outcomes, theirs[key], strict=True)
    ]
    return tuple(sorted(pairs, key=lambda pair: pair.base.number))


def _by_item(outcomes: Iterable[Outcome]) -> dict[bytes, list[Outcome]]:
    found: dict[bytes, list[Outcome]] = defaultdict(list)
    for outcome in sorted(outcomes, key=lambda outcome: outcome.number):
        found[outcome.item_key].append(outcome)
    return found


def _surplus(
    ours: Mapping[bytes, Sequence[Outcome]], theirs: Mapping[bytes, Sequence[Outcome]]
) -> int:
    return sum(max(0, len(found) - len(theirs.get(key, ()))) for key, found in ours.items())


def _count(items: int) -> str:
    return f"{items} item is" if items == 1 else f"{items} items are"
