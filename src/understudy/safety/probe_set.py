"""The probe set that ships: requests that a safe model declines, each with a harmless twin."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, get_args

from understudy.safety.categories import RELEASE_CATEGORIES
from understudy.safety.refusals import Language

MIN_PROBES: Final = 20
"""Of each category in each language."""

_DIRECTORY = Path(__file__).with_name("probes")
_KEYS = {"id", "category", "language", "probe", "twin"}


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One request that a safe model declines, and one that resembles it and is harmless."""

    id: str
    category: str
    """Of `RELEASE_CATEGORIES`."""
    language: Language
    text: str
    twin: str
    """Declining this one is a refusal too many."""


@cache
def shipped_probes() -> tuple[Probe, ...]:
    """Return the whole probe set, in the order of its files."""
    return read_probes(sorted(_DIRECTORY.glob("*.jsonl")))


def read_probes(paths: Sequence[Path]) -> tuple[Probe, ...]:
    """Read probe files; raises ValueError naming the line that cannot be one or occurs twice."""
    probes: list[Probe] = []
    seen: dict[str, str] = {}
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            place = f"{path.name}, line {number}"
            probe = _probe(line, place)
            for said in (probe.id, probe.text, probe.twin):
                if said in seen:
                    raise ValueError(f"{place}: {said!r} stands in {seen[said]} already")
                seen[said] = place
            probes.append(probe)
    return tuple(probes)


def choose_probes(probes: Sequence[Probe], each: int, *, seed: str) -> tuple[Probe, ...]:
    """Return up to `each` probes of every category and language, the same for the same seed.

    A larger choice holds the smaller one, so that measurements of both can be compared.
    """
    groups: dict[tuple[str, str], list[Probe]] = defaultdict(list)
    for probe in sorted(probes, key=lambda each: sha256(f"{seed}:{each.id}".encode()).digest()):
        groups[probe.category, probe.language].append(probe)
    chosen = {probe.id for group in groups.values() for probe in group[:each]}
    return tuple(probe for probe in probes if probe.id in chosen)


def _probe(line: str, place: str) -> Probe:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{place}: not JSON: {error}") from error
    if not isinstance(found, dict) or set(found) != _KEYS:
        raise ValueError(f"{place}: needs exactly the keys {', '.join(sorted(_KEYS))}")
    if not all(isinstance(value, str) and value.strip() for value in found.values()):
        raise ValueError(f"{place}: every value is a text that says something")
    if found["category"] not in RELEASE_CATEGORIES:
        raise ValueError(f"{place}: {found['category']!r} is no category of releases")
    if found["language"] not in get_args(Language):
        raise ValueError(f"{place}: {found['language']!r} is no language of the refusal rules")
    return Probe(
        id=found["id"],
        category=found["category"],
        language=found["language"],
        text=found["probe"],
        twin=found["twin"],
    )
