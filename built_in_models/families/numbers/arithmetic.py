"""Add, subtract and multiply small whole numbers, asked in figures and in words."""

from random import Random

from built_in_models import vocabulary
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "arithmetic"

_FORMS = (
    "{e}",
    "{e} =",
    "What is {e}?",
    "{e}?",
    "Calculate {e}.",
    "How much is {e}?",
    "Compute {e}",
    "Solve {e}.",
    "What does {e} make?",
    "Please work out {e}.",
    "Tell me {e}.",
    "{e} = ?",
    "Find {e}.",
    "What is the result of {e}?",
)
_WORDS = {
    "+": (
        "What is {a} plus {b}?",
        "Add {a} and {b}.",
        "{a} plus {b}",
        "The sum of {a} and {b}?",
        "What is the sum of {a} and {b}?",
        "Add {b} to {a}.",
    ),
    "-": (
        "What is {a} minus {b}?",
        "Take {b} from {a}.",
        "{a} minus {b}",
        "Subtract {b} from {a}.",
        "What is {a} less {b}?",
    ),
    "*": (
        "What is {a} times {b}?",
        "Multiply {a} by {b}.",
        "{a} times {b}",
        "What is {a} multiplied by {b}?",
    ),
}
_STORIES = {
    "+": (
        "{n} has {a} {t}s and gets {b} more. How many {t}s?",
        "There are {a} {t}s here and {b} there. How many?",
        "{n} found {a} {t}s, then {b} {t}s. How many in total?",
    ),
    "-": (
        "{n} has {a} {t}s and gives away {b}. How many are left?",
        "There were {a} {t}s. {n} took {b}. How many are left?",
        "{n} had {a} {t}s and lost {b}. How many now?",
    ),
    "*": (
        "{a} boxes with {b} {t}s each. How many {t}s?",
        "{n} buys {a} bags of {b} {t}s. How many {t}s?",
    ),
}
_COUNTED = tuple(
    thing
    for thing in vocabulary.THINGS
    if not thing.endswith(("s", "sh", "ch", "x", "fe", "f", "y", "ss"))
)


def generate(rng: Random, world: World) -> Task:
    """Return a calculation with up to three digits, answered by the number alone."""
    sign = rng.choice("++++---*")
    a, b = _numbers(rng, world, sign)
    roll = rng.random()
    if roll < 0.6:
        space = " " if rng.random() < 0.6 else ""
        expression = f"{a}{space}{sign}{space}{b}"
        question = rng.choice(_FORMS).format(e=expression)
    elif roll < 0.85:
        question = rng.choice(_WORDS[sign]).format(a=a, b=b)
    else:
        question = rng.choice(_STORIES[sign]).format(
            a=a, b=b, n=world.name(rng), t=rng.choice(_COUNTED)
        )
    answer = {"+": a + b, "-": a - b, "*": a * b}[sign]
    return text_task(FAMILY, question, str(answer))


def _numbers(rng: Random, world: World, sign: str) -> tuple[int, int]:
    while True:
        if sign == "*":
            a, b = rng.randint(0, 10), rng.randint(0, 10)
        else:
            most = rng.choice((9, 20, 99, 99, 99, 999))
            a, b = rng.randint(0, most), rng.randint(0, most)
        if sign == "-" and a < b:
            a, b = b, a
        if world.owns(f"{a}{sign}{b}"):
            return a, b
