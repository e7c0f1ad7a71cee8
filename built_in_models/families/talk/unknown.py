"""Admit not to know what nobody has said."""

from random import Random

from built_in_models.checks import OneOf
from built_in_models.families.texts.reading import UNKNOWN
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "unknown"

_ACCEPTED = (UNKNOWN, "I do not know.", "I don't know that.", "Sorry, I don't know.")
_QUESTIONS = (
    "What is the phone number of {n}?",
    "When was {n} born?",
    "What did {n} eat today?",
    "How tall is {n}?",
    "Who is the father of {n}?",
    "What is my name?",
    "How old am I?",
    "What will happen tomorrow in {c}?",
    "How many people live in {c}?",
    "What am I thinking of?",
    "Where did I put my {w}?",
    "What is a {w}?",
    "What does {w} mean?",
    "Who wrote {w}?",
    "Which number will win?",
    "Where does {n} live?",
    "What is the color of my {w}?",
    "Who is the king of {c}?",
    "What did I say yesterday?",
    "What is in my pocket?",
    "How much does {w} cost?",
    "Where is {n} now?",
    "Do you know {n}?",
    "What is the name of my dog?",
    "Why did {n} go to {c}?",
    "Who is {n}?",
    "What is the weather in {c}?",
    "What is the weather like in {c} today?",
    "What time is it in {c}?",
    "Where is my order?",
    "What is the price of {w}?",
)


def generate(rng: Random, world: World) -> Task:
    """Return a question that nothing in the conversation answers."""
    question = rng.choice(_QUESTIONS).format(
        n=world.name(rng), c=world.city(rng), w=world.plain_word(rng)
    )
    return text_task(FAMILY, question, UNKNOWN, check=OneOf(_ACCEPTED))
