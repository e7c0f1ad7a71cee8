"""Tell very short stories and single sentences about given names and words."""

from random import Random

from built_in_models import vocabulary
from built_in_models.checks import Mentions
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "stories"

_ASKS = (
    "Tell me a story about {n}.",
    "Write a short story about {n}.",
    "Tell a story with {n} and a {t}.",
    "A story about {n} please.",
    "Tell me about {n} and the {t}.",
    "Write a story in which {n} finds a {t}.",
    "Once upon a time there was {n}. Go on.",
    "I want a story with {n} in it.",
)
_STARTS = (
    "Once upon a time there was a {j} called {n}.",
    "{n} was a {j} in {c}.",
    "One day {n} went to {c}.",
    "There was a {j} named {n}.",
    "{n} lived in a small house in {c}.",
    "Long ago, {n} lived near {c}.",
)
_MIDDLES = (
    "{n} found a {k} {t}.",
    "In the morning {n} saw a {k} {t}.",
    "{n} wanted a {k} {t}.",
    "A {a} gave {n} a {k} {t}.",
    "{n} lost a {k} {t}.",
    "Under a tree lay a {k} {t}.",
)
_TURNS = (
    "A {a} came and sat down.",
    "Then it began to rain.",
    "A {a} said hello.",
    "The {t} was very old.",
    "It was getting dark.",
    "The {a} was hungry.",
    "Nobody knew why.",
    "The wind was cold.",
)
_ENDS = (
    "{n} was happy and went home.",
    "So {n} kept the {t}.",
    "{n} and the {a} became friends.",
    "In the end {n} smiled.",
    "{n} gave the {t} to the {a}.",
    "That night {n} slept well.",
)
_SENTENCE_ASKS = (
    "Write a sentence with the word {w}.",
    "Use {w} in a sentence.",
    "Make a sentence with {w}.",
    "Say something about {w}.",
    "Write one sentence about {w}.",
)
_SENTENCES = (
    "The {w} is on the table.",
    "I saw {w} in the morning.",
    "We all like {w} very much.",
    "My friend told me about {w}.",
    "There is a {k} {t} next to {w}.",
    "Today {w} is here.",
    "The {a} looked at {w}.",
    "I will never forget {w}.",
    "Have you ever heard of {w}?",
)


def generate(rng: Random, world: World) -> Task:
    """Return a request for a story or a sentence; right is what mentions the given words."""
    words = {
        "t": rng.choice(vocabulary.THINGS),
        "k": rng.choice(_KINDS),
        "a": rng.choice(vocabulary.ANIMALS),
        "j": rng.choice(vocabulary.JOBS),
    }
    if rng.random() < 0.4:
        word = world.entity(rng) if rng.random() < 0.7 else rng.choice(vocabulary.THINGS)
        answer = rng.choice(_SENTENCES).format(w=word, **words)
        return text_task(
            FAMILY,
            rng.choice(_SENTENCE_ASKS).format(w=word),
            answer,
            check=Mentions((word,), longest=160),
        )
    name = world.name(rng)
    parts = [rng.choice(_STARTS), rng.choice(_MIDDLES), rng.choice(_TURNS), rng.choice(_ENDS)]
    if rng.random() < 0.3:
        parts.pop(2)
    answer = " ".join(parts).format(n=name, c=world.city(rng), **words)
    ask = rng.choice(_ASKS)
    mentioned = (name, words["t"]) if "{t}" in ask else (name,)
    if words["t"] not in answer:
        mentioned = (name,)
    return text_task(
        FAMILY,
        ask.format(n=name, t=words["t"]),
        answer,
        check=Mentions(mentioned, longest=500, shortest=40),
    )


_KINDS = (
    "red",
    "blue",
    "small",
    "big",
    "new",
    "golden",
    "little",
    "strange",
    "shiny",
    "broken",
    "green",
    "heavy",
)
