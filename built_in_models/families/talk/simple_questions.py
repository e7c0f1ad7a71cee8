"""Questions with one short, certain answer, for families that dress an answer up."""

from random import Random

from built_in_models import vocabulary
from built_in_models.world import World

_FACTS = (
    ("What color is the sky?", "blue"),
    ("What color is grass?", "green"),
    ("What color is snow?", "white"),
    ("What color is milk?", "white"),
    ("How many legs does a dog have?", "four"),
    ("How many legs does a bird have?", "two"),
    ("What sound does a cat make?", "meow"),
    ("What sound does a dog make?", "woof"),
    ("What sound does a cow make?", "moo"),
    ("What is the opposite of hot?", "cold"),
    ("What is the opposite of big?", "small"),
    ("What is the opposite of up?", "down"),
    ("What is the opposite of day?", "night"),
    ("What is the opposite of yes?", "no"),
    ("What is the opposite of left?", "right"),
    ("What is the opposite of fast?", "slow"),
    ("What is the opposite of good?", "bad"),
    ("What is the opposite of old?", "new"),
    ("What is the opposite of open?", "closed"),
    ("What do bees make?", "honey"),
    ("What do cows give?", "milk"),
    ("What do hens lay?", "eggs"),
    ("Where do fish live?", "water"),
    ("What do we drink when we are thirsty?", "water"),
    ("What do we use to write?", "a pen"),
    ("What shines at night?", "the moon"),
    ("What shines in the day?", "the sun"),
    ("What falls from clouds?", "rain"),
    ("What color is a banana?", "yellow"),
    ("What is the plural of mouse?", "mice"),
    ("What is the plural of child?", "children"),
    ("What is frozen water called?", "ice"),
    ("How many days are in a week?", "seven"),
    ("How many months are in a year?", "twelve"),
    ("What is the first letter of the alphabet?", "A"),
    ("How many wheels does a car have?", "four"),
    ("What do we call a baby cat?", "kitten"),
    ("What do we call a baby dog?", "puppy"),
    ("What do we wear on our feet?", "shoes"),
    ("What opens a lock?", "a key"),
    ("What tells the time?", "a clock"),
)
_NAME_FORMS = (
    "My name is {}. What is my name?",
    "I am {}. Who am I?",
    "Call me {}. What is my name?",
    "This is {}. Who is this?",
)
_CITY_FORMS = (
    "I live in {}. Where do I live?",
    "I am from {}. Where am I from?",
    "I went to {}. Where did I go?",
)
_THING_FORMS = (
    "I bought {}. What did I buy?",
    "I lost {}. What did I lose?",
    "My cat is called {}. What is my cat called?",
)


def known_fact(rng: Random) -> tuple[str, str]:
    """Return a question about the everyday world and its one-word answer."""
    return rng.choice(_FACTS)


def simple_question(rng: Random, world: World) -> tuple[str, str]:
    """Return a question that anyone can answer from the question itself or from everyday life."""
    roll = rng.random()
    if roll < 0.3:
        name = world.name(rng)
        return rng.choice(_NAME_FORMS).format(name), name
    if roll < 0.48:
        city = world.city(rng)
        return rng.choice(_CITY_FORMS).format(city), city
    if roll < 0.62:
        word = world.word(rng)
        return rng.choice(_THING_FORMS).format(word), word
    if roll < 0.7:
        color, thing = rng.choice(vocabulary.COLORS), rng.choice(vocabulary.THINGS)
        return f"The {thing} is {color}. What color is the {thing}?", color
    if roll < 0.8:
        return _small_sum(rng, world)
    return known_fact(rng)


def _small_sum(rng: Random, world: World) -> tuple[str, str]:
    while True:
        a, b = rng.randint(1, 9), rng.randint(1, 9)
        if world.owns(f"{a}+{b}"):
            return f"What is {a} + {b}?", str(a + b)
