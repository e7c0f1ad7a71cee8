"""Put numbers, words or weekdays in order."""

from random import Random

from built_in_models import vocabulary
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "sorting"

_UP = (
    "Sort: {}",
    "Sort these numbers: {}",
    "Put in order: {}",
    "Order from small to large: {}",
    "Sort {} from lowest to highest.",
    "Smallest first: {}",
)
_DOWN = (
    "Sort down: {}",
    "Order from large to small: {}",
    "Sort {} from highest to lowest.",
    "Largest first: {}",
)
_LETTERS = (
    "Sort by letter: {}",
    "Alphabetical order: {}",
    "Sort these words from A to Z: {}",
    "Order the words: {}",
    "Sort the list {}",
)
_BACK = (
    "Reverse the list: {}",
    "Write backwards, item by item: {}",
    "Turn the list around: {}",
    "Last first: {}",
)


def generate(rng: Random, world: World) -> Task:
    """Return a list to be put in another order."""
    roll = rng.random()
    if roll < 0.5:
        count, most = rng.choice((2, 3, 3, 4, 5)), rng.choice((9, 20, 99, 999))
        numbers = rng.sample(range(most + 1), count)
        is_down = rng.random() < 0.35
        question = rng.choice(_DOWN if is_down else _UP).format(_joined(numbers))
        return text_task(FAMILY, question, _joined(sorted(numbers, reverse=is_down)))
    if roll < 0.75:
        words = _words_with_different_initials(rng, world)
        return text_task(
            FAMILY, rng.choice(_LETTERS).format(_joined(words)), _joined(sorted(words))
        )
    if roll < 0.92:
        items = world.entities(rng, rng.choice((2, 3, 3, 4)))
        return text_task(FAMILY, rng.choice(_BACK).format(_joined(items)), _joined(items[::-1]))
    days = rng.sample(vocabulary.WEEKDAYS, rng.choice((2, 3)))
    in_order = [day for day in vocabulary.WEEKDAYS if day in days]
    return text_task(FAMILY, f"Put the days in order: {_joined(days)}", _joined(in_order))


def _words_with_different_initials(rng: Random, world: World) -> list[str]:
    words: dict[str, str] = {}
    count = rng.choice((2, 3, 3, 4))
    while len(words) < count:
        word = rng.choice(vocabulary.THINGS) if rng.random() < 0.5 else world.plain_word(rng)
        words.setdefault(word[0], word)
    return list(words.values())


def _joined(items: list[int] | list[str]) -> str:
    return ", ".join(map(str, items))
