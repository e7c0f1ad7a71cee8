"""Count items, words and letters, and go on with a row of numbers."""

from random import Random

from built_in_models import vocabulary
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "counting"


def generate(rng: Random, world: World) -> Task:
    """Return a counting question answered by a number or a short row of numbers."""
    roll = rng.random()
    if roll < 0.35:
        words = [
            world.plain_word(rng) if rng.random() < 0.5 else rng.choice(vocabulary.THINGS)
            for _ in range(rng.randint(1, 7))
        ]
        question = rng.choice(
            (
                "How many words: {}",
                "Count the words: {}",
                "How many items are in this list? {}",
                "How many words are here? {}",
            )
        )
        return text_task(
            FAMILY, question.format(rng.choice((", ", " ")).join(words)), str(len(words))
        )
    if roll < 0.6:
        return _occurrences(rng, world)
    if roll < 0.75:
        start, step = rng.randint(0, 60), rng.choice((1, 1, 1, 2, 3, 5, 10))
        row = ", ".join(str(start + step * at) for at in range(3))
        question = rng.choice(
            ("{}, ... What comes next?", "Continue: {}", "Next number: {}", "{}, ?")
        )
        return text_task(FAMILY, question.format(row), str(start + step * 3))
    if roll < 0.9:
        start, count = rng.randint(0, 30), rng.randint(2, 6)
        question = rng.choice(
            ("Count from {} to {}.", "Count: {} to {}", "List the numbers from {} to {}.")
        )
        row = " ".join(str(start + at) for at in range(count))
        return text_task(FAMILY, question.format(start, start + count - 1), row)
    number = rng.randint(0, 998)
    if rng.random() < 0.5:
        return text_task(
            FAMILY,
            rng.choice(
                ("What number comes after {}?", "Next after {}?", "{} and one more?")
            ).format(number),
            str(number + 1),
        )
    return text_task(
        FAMILY,
        rng.choice(("What number comes before {}?", "One less than {}?")).format(number + 1),
        str(number),
    )


def _occurrences(rng: Random, world: World) -> Task:
    target = rng.choice(
        (world.plain_word(rng), rng.choice(vocabulary.ANIMALS), rng.choice(vocabulary.COLORS))
    )
    others = [rng.choice(vocabulary.THINGS) for _ in range(rng.randint(0, 4))]
    count = rng.randint(1, 5)
    words = [*others, *([target] * count)]
    rng.shuffle(words)
    question = rng.choice(
        (
            "{l}\nHow often is {t} in the list?",
            "How many times does {t} occur? {l}",
            "Count {t} in: {l}",
        )
    )
    return text_task(FAMILY, question.format(l=" ".join(words), t=target), str(count))
