"""Outcomes of two runs joined by the item they are about."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from understudy.errors import InvalidRequestError
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one run made of one item; what is missing in the mappings could not be judged."""

    number: int
    """Where the item stands in its run's data source."""
    item_key: bytes
    """The same for equal items, whatever their place."""
    scores: Mapping[str, float]
    """Criterion id to score."""
    passes: Mapping[str, bool]
    """Criterion id to whether its grader was satisfied."""
    cluster: str | None = None
    """Items with the same one are not independent; None stands for independent items."""


class ItemPair(NamedTuple):
    """One item under both models, with every answer that each gave about it."""

    base: tuple[Outcome, ...]
    candidate: tuple[Outcome, ...]

    @property
    def cluster(self) -> str | None:
        """What its item belongs to."""
        return self.base[0].cluster


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """The items that both runs have, and how many others there are."""

    items: tuple[ItemPair, ...]
    """In the order of the base's."""
    only_base: int
    only_candidate: int

    @property
    def base_answers(self) -> int:
        """How many answers of the base are about these items."""
        return sum(len(item.base) for item in self.items)

    @property
    def candidate_answers(self) -> int:
        """How many answers of the candidate are about these items."""
        return sum(len(item.candidate) for item in self.items)


def item_key(item: Mapping[str, Any]) -> bytes:
    """Return a digest that is the same for items that say the same."""
    text = json.dumps(item, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).digest()


def pair_outcomes(
    base: Iterable[Outcome], candidate: Iterable[Outcome], *, is_common_part_enough: bool = False
) -> Pairing:
    """Join two runs by what their items say; equal items become one with several answers.

    Raises InvalidRequestError when one run has items that the other has not, unless the common
    part is enough, and when there is none.
    """
    ours, theirs = _by_item(base), _by_item(candidate)
    only_base = sum(key not in theirs for key in ours)
    only_candidate = sum(key not in ours for key in theirs)
    if not is_common_part_enough and (only_base or only_candidate):
        raise InvalidRequestError(
            worded(
                "evals.two_runs_not_about",
                "The two runs are not about the same data: {only_base} only in the "
                "base run and {only_candidate} only in the candidate run. Run both "
                "models on the same data source, or compare the part that both have "
                "(common=true).",
                only_base=_count(only_base),
                only_candidate=_count(only_candidate),
            ),
            code="different_data",
            param="candidate",
        )
    pairs = [ItemPair(tuple(ours[key]), tuple(theirs[key])) for key in ours if key in theirs]
    if is_common_part_enough and not pairs and (only_base or only_candidate):
        raise InvalidRequestError(
            worded(
                "evals.two_runs_no_item",
                "The two runs have no item in common.",
            ),
            code="different_data",
            param="candidate",
        )
    return Pairing(items=tuple(pairs), only_base=only_base, only_candidate=only_candidate)


def _by_item(outcomes: Iterable[Outcome]) -> dict[bytes, list[Outcome]]:
    found: dict[bytes, list[Outcome]] = defaultdict(list)
    for outcome in sorted(outcomes, key=lambda outcome: outcome.number):
        found[outcome.item_key].append(outcome)
    return found


def _count(items: int) -> str:
    return f"{items} item is" if items == 1 else f"{items} items are"
