"""Change capitals, spell words and find their letters."""

from random import Random

from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "letters"

_UPPER = (
    "Write {} in capital letters.",
    "{} in upper case",
    "Make {} upper case.",
    "Upper case: {}",
    "Put {} in capitals.",
    "Shout the word {}",
)
_LOWER = (
    "Write {} in small letters.",
    "{} in lower case",
    "Make {} lower case.",
    "Lower case: {}",
    "No capitals: {}",
)
_TITLE = (
    "Capitalize {}.",
    "Write {} with a capital letter.",
    "Make the first letter of {} big.",
    "{} with a big first letter",
)
_SPELL = ("Spell {}.", "Spell the word {}", "How do you spell {}?", "Write the letters of {}.")
_INITIALS = ("What are the initials of {}?", "Initials: {}", "First letters of {}?")


def generate(rng: Random, world: World) -> Task:
    """Return a task about the letters of an unseen word."""
    roll = rng.random()
    if roll < 0.28:
        text = world.entity(rng)
        return text_task(FAMILY, rng.choice(_UPPER).format(text), text.upper())
    if roll < 0.5:
        text = world.entity(rng)
        if rng.random() < 0.5:
            text = text.upper()
        return text_task(FAMILY, rng.choice(_LOWER).format(text), text.lower())
    if roll < 0.64:
        word = world.plain_word(rng)
        return text_task(FAMILY, rng.choice(_TITLE).format(word), word.capitalize())
    word = world.plain_word(rng)
    if roll < 0.76:
        return text_task(FAMILY, rng.choice(_SPELL).format(word), "-".join(word))
    if roll < 0.86:
        names = [world.plain_word(rng).capitalize() for _ in range(rng.choice((2, 2, 3)))]
        return text_task(
            FAMILY,
            rng.choice(_INITIALS).format(" ".join(names)),
            "".join(name[0] for name in names),
        )
    if roll < 0.93:
        question = rng.choice(
            (
                "What is the first letter of {}?",
                "{} begins with which letter?",
                "First letter of {}",
            )
        )
        return text_task(FAMILY, question.format(word), word[0])
    question = rng.choice(
        ("What is the last letter of {}?", "{} ends with which letter?", "Last letter of {}")
    )
    return text_task(FAMILY, question.format(word), word[-1])
