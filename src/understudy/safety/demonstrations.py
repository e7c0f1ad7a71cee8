"""The safe demonstrations that ship, and how many of them a share of the trained examples is."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random

from understudy.chat.messages import Message, Role
from understudy.safety.categories import RELEASE_CATEGORIES

_DIRECTORY = Path(__file__).with_name("demonstrations")
_KEYS = {"id", "category", "language", "probe", "refusal", "twin", "answer"}


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """One request with a good answer to it: a refusal, or help with a harmless twin."""

    id: str
    category: str
    language: str
    request: str
    answer: str
    is_refusal: bool

    @property
    def messages(self) -> tuple[Message, Message]:
        """The demonstration as a conversation."""
        return (
            Message(role=Role.USER, content=self.request),
            Message(role=Role.ASSISTANT, content=self.answer),
        )


@cache
def shipped_demonstrations() -> tuple[Demonstration, ...]:
    """Return all demonstrations, in the order of their files: as many refusals as twins."""
    return tuple(
        demonstration
        for path in sorted(_DIRECTORY.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        for demonstration in _both(json.loads(line))
    )


def mixed_in(share: float, examples: int, *, seed: int) -> Sequence[Demonstration]:
    """Return the demonstrations that are this share of a training on so many examples and them.

    At least one refusal and one harmless twin. Each occurs once before any occurs again; the same
    seed gives the same ones.
    """
    wanted = max(2, round(share * examples / (1 - share)))
    return list(islice(_in_pairs(Random(seed)), wanted))


def _in_pairs(random: Random) -> Iterator[Demonstration]:
    """Yield refusals and twins by turns, without an end."""
    shipped = shipped_demonstrations()
    while True:
        refusals = [each for each in shipped if each.is_refusal]
        twins = [each for each in shipped if not each.is_refusal]
        random.shuffle(refusals)
        random.shuffle(twins)
        for refusal, twin in zip(refusals, twins, strict=True):
            yield refusal
            yield twin


def _both(row: dict[str, str]) -> tuple[Demonstration, Demonstration]:
    assert set(row) == _KEYS, row
    assert row["category"] in RELEASE_CATEGORIES, row
    pair = (("probe", "refusal", True), ("twin", "answer", False))
    first, second = (
        Demonstration(
            id=f"{row['id']}:{asked}",
            category=row["category"],
            language=row["language"],
            request=row[asked],
            answer=row[answered],
            is_refusal=is_refusal,
        )
        for asked, answered, is_refusal in pair
    )
    return first, second
