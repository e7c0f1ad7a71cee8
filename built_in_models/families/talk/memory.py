"""Remember over several turns what the user has said."""

from random import Random

from built_in_models import draws
from built_in_models.families.talk.simple_questions import simple_question
from built_in_models.task import Task, assistant, text_task, user
from built_in_models.world import World
from understudy.chat.messages import Message

FAMILY = "memory"


def _code_or_word(rng: Random, world: World) -> str:
    return world.code(rng) if rng.random() < 0.5 else world.word(rng)


def _pet(rng: Random, world: World) -> str:
    return world.name(rng) if rng.random() < 0.5 else world.word(rng)


_FACTS = (
    (
        draws.name,
        ("My name is {}.", "I am {}.", "Call me {}.", "Hi, I'm {}.", "Hello, my name is {}!"),
        ("Nice to meet you, {}!", "Hello, {}!", "Hi {}!"),
        ("What is my name?", "Who am I?", "Do you know my name?", "How am I called?"),
        "Your name is {}.",
    ),
    (
        draws.city,
        ("I live in {}.", "I am from {}.", "My home is {}."),
        ("{} is a nice place.", "Good to know."),
        ("Where do I live?", "Where am I from?", "What is my city?"),
        "You live in {}.",
    ),
    (
        _pet,
        ("My dog is called {}.", "I have a cat named {}.", "My pet is {}."),
        ("What a nice name!", "I like {}."),
        ("What is my pet called?", "What is the name of my pet?"),
        "Your pet is called {}.",
    ),
    (
        draws.color,
        ("My favorite color is {}.", "I like {}.", "I love the color {}."),
        ("Good choice.", "Nice!"),
        ("What is my favorite color?", "Which color do I like?"),
        "Your favorite color is {}.",
    ),
    (
        _code_or_word,
        ("My code is {}.", "Remember {}.", "The code is {}.", "Please remember the code {}."),
        ("Okay.", "I will remember {}.", "Noted."),
        ("What is my code?", "What was the code?", "What should you remember?"),
        "The code is {}.",
    ),
    (
        draws.name,
        ("My friend is {}.", "I met {} today.", "I have a friend called {}."),
        ("Say hello to {}!", "Nice!"),
        ("Who is my friend?", "What is my friend called?"),
        "Your friend is {}.",
    ),
)


def generate(rng: Random, world: World) -> Task:
    """Return a conversation whose last question asks for something said earlier."""
    facts = rng.sample(_FACTS, rng.choice((1, 1, 1, 2, 2, 3)))
    before: list[Message] = []
    known: list[tuple[tuple[str, ...], str]] = []
    for draw, told, replies, asked, answer in facts:
        value = draw(rng, world)
        before += [
            user(rng.choice(told).format(value)),
            assistant(rng.choice(replies).format(value)),
        ]
        known.append((asked, answer.format(value)))
        if rng.random() < 0.25:
            question, reply = simple_question(rng, world)
            # A second name would leave open which one is meant.
            if not question.startswith(("My name", "I ", "Call", "This")):
                before += [user(question), assistant(reply)]
    asked, answer = rng.choice(known)
    return text_task(FAMILY, rng.choice(asked), answer, before=before)
