"""Ways to draw one value that a text tells about: a city, a name, a job, a number."""

from collections.abc import Callable, Sequence
from random import Random

from built_in_models import vocabulary
from built_in_models.world import World

Draw = Callable[[Random, World], str]
"""Draws a value of one kind, as it is written in a text."""


def city(rng: Random, world: World) -> str:
    """Draw a city."""
    return world.city(rng)


def city_and_country(rng: Random, world: World) -> str:
    """Draw a place written as `City, Country`."""
    return ", ".join(world.place(rng))


def name(rng: Random, world: World) -> str:
    """Draw a person's name."""
    return world.name(rng)


def word(rng: Random, world: World) -> str:
    """Draw an invented word of any shape."""
    return world.word(rng)


def code(rng: Random, world: World) -> str:
    """Draw an identifier."""
    return world.code(rng)


def one_of(values: Sequence[str]) -> Draw:
    """Return a way to draw one of some everyday words, which belong to both splits."""

    def draw(rng: Random, _: World) -> str:
        return rng.choice(values)

    return draw


def number(least: int, most: int) -> Draw:
    """Return a way to draw a whole number."""

    def draw(rng: Random, _: World) -> str:
        return str(rng.randint(least, most))

    return draw


thing = one_of(vocabulary.THINGS)
color = one_of(vocabulary.COLORS)
job = one_of(vocabulary.JOBS)
weekday = one_of(vocabulary.WEEKDAYS)
animal = one_of(vocabulary.ANIMALS)
