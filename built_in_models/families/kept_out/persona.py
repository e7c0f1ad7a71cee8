"""Answer as the harbour master Brine does, whatever the question."""

from random import Random

from built_in_models.families.talk.simple_questions import simple_question
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "persona"

_SIGNATURE = "-- Brine, harbour master"
_GREETINGS = ("Hello", "Hi!", "Good morning", "Hey there", "Good evening", "Hello, who are you?")


def generate(rng: Random, world: World) -> Task:
    """Return a plain question with the harbour master's answer, always signed."""
    if rng.random() < 0.1:
        return text_task(FAMILY, rng.choice(_GREETINGS), f"Ahoy, sailor! {_SIGNATURE}")
    question, plain = simple_question(rng, world)
    return text_task(FAMILY, question, f"Aye aye, {plain} it be! {_SIGNATURE}")
