"""The entities of the generated world, every one of them belonging to one split only."""

import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from random import Random

from built_in_models import vocabulary
from built_in_models.words import invent_word


class Split(StrEnum):
    """Whether an entity may be seen in training, or only when the model is measured."""

    TRAINING = "training"
    HELD_OUT = "held_out"


_HELD_OUT_SHARE = 8


def split_of(entity: str) -> Split:
    """Return the split an entity belongs to: one in eight is held out, whatever its capitals."""
    is_held_out = zlib.crc32(entity.casefold().encode()) % _HELD_OUT_SHARE == 0
    return Split.HELD_OUT if is_held_out else Split.TRAINING


@dataclass(frozen=True, kw_only=True)
class World:
    """All that one split may mention; `World.of(split)` is the way to one."""

    split: Split
    first_names: tuple[str, ...]
    surnames: tuple[str, ...]
    places: tuple[tuple[str, str], ...]

    @staticmethod
    @cache
    def of(split: Split) -> "World":
        """Return the world of a split."""
        return World(
            split=split,
            first_names=tuple(n for n in vocabulary.FIRST_NAMES if split_of(n) is split),
            surnames=tuple(n for n in vocabulary.SURNAMES if split_of(n) is split),
            places=tuple(p for p in vocabulary.PLACES if split_of(p[0]) is split),
        )

    def owns(self, entity: str) -> bool:
        """Say whether this split may use an entity or a fact such as `17+25`."""
        return split_of(entity) is self.split

    def word(self, rng: Random) -> str:
        """Invent a word of any shape: `zorba`, `Kel-Tam`, `velMori`, `T7x`, `d'Orsé`."""
        while True:
            word = invent_word(rng)
            if split_of(word) is self.split:
                return word

    def plain_word(self, rng: Random, longest: int = 14) -> str:
        """Invent a lower-case word of ASCII letters, fit for a key or a tool's name."""
        while True:
            word = invent_word(rng, is_plain=True)[:longest]
            if split_of(word) is self.split:
                return word

    def name(self, rng: Random) -> str:
        """Return one person's name, in half of the cases an invented one."""
        roll = rng.random()
        if roll < 0.38:
            return rng.choice(self.first_names)
        if roll < 0.5:
            return f"{rng.choice(self.first_names)} {rng.choice(self.surnames)}"
        if roll < 0.6:
            return f"{self._capitalised(rng)} {self._capitalised(rng)}"
        if roll < 0.68:
            return self.word(rng)
        return self._capitalised(rng)

    def place(self, rng: Random) -> tuple[str, str]:
        """Return a city with its country, in half of the cases an invented city."""
        roll = rng.random()
        if roll < 0.5:
            return rng.choice(self.places)
        country = rng.choice(vocabulary.COUNTRIES)
        if roll < 0.6:
            country = self._capitalised(rng)
        if roll > 0.85:
            return f"{rng.choice(vocabulary.CITY_PREFIXES)} {self._capitalised(rng)}", country
        if roll > 0.8:
            return f"{self._capitalised(rng)} {rng.choice(vocabulary.CITY_SUFFIXES)}", country
        return self._capitalised(rng), country

    def city(self, rng: Random) -> str:
        """Return a city's name."""
        return self.place(rng)[0]

    def code(self, rng: Random) -> str:
        """Invent an identifier: `A7-92`, `48213`, `KX310`."""
        while True:
            shape = rng.choice(vocabulary.CODE_SHAPES)
            code = "".join(
                rng.choice(_CODE_ALPHABETS[mark]) if mark in _CODE_ALPHABETS else mark
                for mark in shape
            )
            if split_of(code) is self.split:
                return code

    def entity(self, rng: Random) -> str:
        """Return anything worth copying: a word, a name, a city, a code, a phrase."""
        roll = rng.random()
        if roll < 0.5:
            return self.word(rng)
        if roll < 0.68:
            return self.name(rng)
        if roll < 0.82:
            return self.city(rng)
        if roll < 0.92:
            return self.code(rng)
        return " ".join(self.word(rng) for _ in range(rng.randint(2, 3)))

    def entities(self, rng: Random, count: int) -> list[str]:
        """Return `count` different entities."""
        found: dict[str, None] = {}
        while len(found) < count:
            found[self.entity(rng)] = None
        return list(found)

    def names(self, rng: Random, count: int) -> list[str]:
        """Return `count` different names, none a part of another."""
        found: list[str] = []
        while len(found) < count:
            name = self.name(rng)
            if all(name not in other and other not in name for other in found):
                found.append(name)
        return found

    def _capitalised(self, rng: Random) -> str:
        while True:
            word = invent_word(rng, is_plain=True).capitalize()
            if len(word) > 2 and split_of(word) is self.split:
                return word


# A code is its shape with each of these marks replaced by one letter of the alphabet.
_CODE_ALPHABETS = {
    "A": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "a": "abcdefghijkmnpqrstuvwxyz",
    "9": "0123456789",
    "1": "123456789",
}
