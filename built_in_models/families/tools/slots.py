"""Parameters of tools: their possible names, descriptions, types and values."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from built_in_models import draws, vocabulary
from built_in_models.world import World

Value = str | int | float | bool


class Slot(NamedTuple):
    """One parameter of an action, with the names and descriptions it may carry."""

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    kind: str
    """JSON Schema type."""
    draw: Callable[[Random, World], Value]
    choices: tuple[str, ...] = ()
    """The allowed values, when the parameter is an enum."""


def _order_code(rng: Random, world: World) -> str:
    # The letter keeps a code of figures only from looking like a number.
    return "K" + world.code(rng).lstrip("#")


def _tenths(rng: Random, _: World) -> float:
    return rng.randint(1, 999) / 10


def _yes_or_no(rng: Random, _: World) -> bool:
    return rng.random() < 0.5


def person_slot(names: str = "name person who user", what: str = "The name of the person") -> Slot:
    """Return a parameter for a person."""
    return Slot(tuple(names.split()), (what, "Full name", "A name"), "string", draws.name)


def word_slot(names: str, *descriptions: str) -> Slot:
    """Return a parameter for a free text of one word."""
    return Slot(tuple(names.split()), descriptions, "string", draws.word)


def code_slot(names: str, *descriptions: str) -> Slot:
    """Return a parameter for an order code."""
    return Slot(tuple(names.split()), descriptions, "string", _order_code)


def integer_slot(names: str, most: int, *descriptions: str) -> Slot:
    """Return a parameter for a whole number up to `most`."""

    def draw(rng: Random, _: World) -> int:
        return rng.randint(1, most)

    return Slot(tuple(names.split()), descriptions, "integer", draw)


def number_slot(names: str, *descriptions: str) -> Slot:
    """Return a parameter for a number with one decimal."""
    return Slot(tuple(names.split()), descriptions, "number", _tenths)


def choice_slot(names: str, choices: tuple[str, ...], *descriptions: str) -> Slot:
    """Return a parameter with a few allowed values."""
    return Slot(tuple(names.split()), descriptions, "string", draws.one_of(choices), choices)


CITY = Slot(
    ("city", "place", "location", "town", "where"),
    ("The city", "Name of the city", "City name", "The place"),
    "string",
    draws.city,
)
CITY_AND_COUNTRY = Slot(
    ("location", "city", "place", "where", "location_name"),
    (
        "The city and country, e.g. Paris, France",
        "City, Country",
        "The city and country",
        "Place as City, Country",
    ),
    "string",
    draws.city_and_country,
)
UNITS = choice_slot(
    "unit format units scale", ("celsius", "fahrenheit"), "The temperature unit", "Unit to use"
)
SIZE = choice_slot("size", ("small", "medium", "large"), "The size")
COLOR = choice_slot("color paint", ("red", "green", "blue"), "The color")
LANGUAGE = choice_slot(
    "language to target",
    ("French", "German", "Spanish", "Italian"),
    "The language",
    "Target language",
)
DAY = choice_slot("day date when", vocabulary.WEEKDAYS[:5], "The day", "Day of the week")
LEVEL = choice_slot("level priority", ("low", "high", "normal"), "How urgent")
SWITCH = Slot(
    ("on", "state", "enabled", "active"),
    ("True to turn on", "Whether it is on"),
    "boolean",
    _yes_or_no,
)
