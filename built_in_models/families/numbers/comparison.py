"""Say which number, or which thing with a number, is larger or smaller."""

from random import Random

from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "comparison"

_LARGER = (
    "Which is larger, {}?",
    "Which is bigger: {}?",
    "Which number is larger: {}?",
    "What is the largest of {}?",
    "Maximum of {}",
    "Which is more: {}?",
)
_SMALLER = (
    "Which is smaller, {}?",
    "Which is less: {}?",
    "Which number is smaller: {}?",
    "What is the smallest of {}?",
    "Minimum of {}",
    "Which is lower: {}?",
)
_TOLD = (
    ("{n} is {v} years old.", "Who is older?", "Who is younger?"),
    ("{n} has {v} coins.", "Who has more coins?", "Who has fewer coins?"),
    ("{n} costs {v}.", "Which costs more?", "Which is cheaper?"),
    ("{n} is {v} km away.", "Which is farther?", "Which is closer?"),
    ("{n} scored {v} points.", "Who won?", "Who lost?"),
    ("{n} weighs {v} kg.", "Which is heavier?", "Which is lighter?"),
)


def generate(rng: Random, world: World) -> Task:
    """Return a comparison answered by one of the things compared."""
    wants_most = rng.random() < 0.5
    if rng.random() < 0.55:
        numbers = _numbers(rng, world, rng.choice((2, 2, 2, 3)))
        listed = rng.choice((", ", " or ")).join(map(str, numbers))
        question = rng.choice(_LARGER if wants_most else _SMALLER).format(listed)
        return text_task(FAMILY, question, str(max(numbers) if wants_most else min(numbers)))
    names = world.names(rng, 2)
    numbers = _numbers(rng, world, 2)
    told, most, least = rng.choice(_TOLD)
    facts = " ".join(
        told.format(n=name, v=number) for name, number in zip(names, numbers, strict=True)
    )
    right = numbers.index(max(numbers) if wants_most else min(numbers))
    return text_task(FAMILY, f"{facts} {most if wants_most else least}", names[right])


def _numbers(rng: Random, world: World, count: int) -> list[int]:
    most = rng.choice((9, 99, 99, 999))
    while True:
        numbers = rng.sample(range(most + 1), count)
        if world.owns("<".join(map(str, numbers))):
            return numbers
