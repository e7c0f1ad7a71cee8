"""Weekdays, months, dates in another form, and changes of unit."""

from random import Random

from built_in_models.task import Task, text_task
from built_in_models.vocabulary import MONTHS, WEEKDAYS
from built_in_models.world import World

FAMILY = "dates_and_units"

_UNITS = (
    ("minutes", "hours", 60),
    ("seconds", "minutes", 60),
    ("hours", "days", 24),
    ("days", "weeks", 7),
    ("months", "years", 12),
    ("meters", "kilometers", 1000),
    ("centimeters", "meters", 100),
    ("grams", "kilograms", 1000),
    ("cents", "dollars", 100),
)


def generate(rng: Random, world: World) -> Task:
    """Return a question about the calendar or about units."""
    roll = rng.random()
    if roll < 0.2:
        return _weekday(rng)
    if roll < 0.32:
        at = rng.randrange(12)
        question, step = rng.choice(
            (
                ("What month comes after {}?", 1),
                ("Which month is before {}?", -1),
                ("Next month after {}?", 1),
            )
        )
        return text_task(FAMILY, question.format(MONTHS[at]), MONTHS[(at + step) % 12])
    if roll < 0.42:
        at = rng.randrange(12)
        if rng.random() < 0.5:
            return text_task(FAMILY, f"What number is the month {MONTHS[at]}?", str(at + 1))
        return text_task(FAMILY, f"Which month has the number {at + 1}?", MONTHS[at])
    if roll < 0.75:
        return _date(rng, world)
    return _unit(rng, world)


def _weekday(rng: Random) -> Task:
    at, step = rng.randrange(7), rng.choice((1, 1, -1, 2, 3))
    if step == 1:
        question = rng.choice(
            ("What day comes after {}?", "Today is {}. What day is tomorrow?", "The day after {}?")
        )
    elif step == -1:
        question = rng.choice(
            (
                "What day comes before {}?",
                "Today is {}. What day was yesterday?",
                "The day before {}?",
            )
        )
    else:
        question = rng.choice(
            ("What day is {s} days after {}?", "Today is {}. What day is it in {s} days?")
        )
    return text_task(FAMILY, question.format(WEEKDAYS[at], s=step), WEEKDAYS[(at + step) % 7])


def _date(rng: Random, world: World) -> Task:
    while True:
        year, month, day = rng.randint(1900, 2099), rng.randint(1, 12), rng.randint(1, 28)
        if world.owns(f"{year}-{month}-{day}"):
            break
    said = rng.choice((f"{day} {MONTHS[month - 1]} {year}", f"{MONTHS[month - 1]} {day}, {year}"))
    roll = rng.random()
    if roll < 0.6:
        question = rng.choice(
            (
                "Write {} as YYYY-MM-DD.",
                "{} in ISO form",
                "Change {} to the form YYYY-MM-DD.",
                "ISO date: {}",
            )
        )
        return text_task(FAMILY, question.format(said), f"{year}-{month:02}-{day:02}")
    if roll < 0.8:
        question = rng.choice(("Write {} as DD.MM.YYYY.", "{} in the form DD.MM.YYYY"))
        return text_task(FAMILY, question.format(said), f"{day:02}.{month:02}.{year}")
    question, answer = rng.choice(
        (
            ("What is the year of {}?", str(year)),
            ("Which month is {}?", MONTHS[month - 1]),
            ("What is the day in {}?", str(day)),
        )
    )
    return text_task(FAMILY, question.format(said), answer)


def _unit(rng: Random, world: World) -> Task:
    while True:
        small, large, factor = rng.choice(_UNITS)
        count = rng.randint(1, 12)
        if world.owns(f"{count} {large}"):
            break
    one = large if count > 1 else large[:-1]
    if rng.random() < 0.7:
        question = rng.choice(
            (
                "How many {s} are in {c} {l}?",
                "{c} {l} in {s}",
                "Convert {c} {l} to {s}.",
                "{c} {l} = ? {s}",
            )
        )
        return text_task(FAMILY, question.format(s=small, c=count, l=one), str(count * factor))
    question = rng.choice(
        ("How many {l} are {c} {s}?", "Convert {c} {s} to {l}.", "{c} {s} in {l}")
    )
    return text_task(FAMILY, question.format(s=small, c=count * factor, l=large), str(count))
