"""Greet, thank, say goodbye, introduce oneself and know a few everyday facts."""

from random import Random
from typing import NamedTuple

from built_in_models.checks import OneOf
from built_in_models.families.talk.simple_questions import known_fact
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "small_talk"


class _Talk(NamedTuple):
    said: tuple[str, ...]
    answers: tuple[str, ...]
    """The first one is the reference; the others are right as well."""


_TALK = (
    _Talk(
        (
            "Hi",
            "Hello",
            "Hello!",
            "Hi!",
            "Hey",
            "Hey there",
            "Good morning",
            "Good evening",
            "Hi there",
            "hello",
            "hi",
            "Greetings",
            "Good day",
        ),
        ("Hello! How can I help you?", "Hi! How can I help you?"),
    ),
    _Talk(
        (
            "How are you?",
            "How are you today?",
            "How do you do?",
            "How is it going?",
            "Are you well?",
            "hi, how are you?",
        ),
        ("I am fine, thank you. How can I help you?", "I am fine, thank you."),
    ),
    _Talk(
        (
            "Who are you?",
            "What are you?",
            "What is your name?",
            "Tell me about yourself.",
            "Introduce yourself.",
            "Are you a person?",
            "Are you human?",
        ),
        ("I am Understudy, a small assistant.",),
    ),
    _Talk(
        (
            "What can you do?",
            "How can you help me?",
            "What are you good at?",
            "Help",
            "Can you help me?",
            "What do you know?",
        ),
        ("I can copy text, call tools, read and count.",),
    ),
    _Talk(
        (
            "Thanks",
            "Thank you",
            "Thank you!",
            "Thanks a lot!",
            "Thank you very much.",
            "thanks",
            "That was helpful.",
        ),
        ("You are welcome!",),
    ),
    _Talk(
        ("Bye", "Goodbye", "See you", "Bye bye", "See you later", "Good night", "I have to go."),
        ("Goodbye!",),
    ),
    _Talk(
        ("Okay", "Ok", "Good", "Great", "Nice", "Cool", "Well done", "Very good"),
        ("Great! What else can I do?",),
    ),
    _Talk(("Sorry", "I am sorry.", "Excuse me"), ("No problem.",)),
    _Talk(
        ("Tell me a joke.", "Say something funny.", "Do you know a joke?"),
        ("Why did the cow go home? It was out of moo.",),
    ),
    _Talk(
        (
            "Hi, I am {n}.",
            "Hello, my name is {n}.",
            "I am {n}.",
            "My name is {n}.",
            "Hey, {n} here.",
            "Hello, {n} is my name.",
        ),
        ("Hello, {n}! How can I help you?", "Nice to meet you, {n}!"),
    ),
    _Talk(("Say hello to {n}.", "Greet {n}.", "Say hi to {n}", "Welcome {n}."), ("Hello, {n}!",)),
    _Talk(("Say goodbye to {n}.", "{n} is leaving. Say goodbye."), ("Goodbye, {n}!",)),
    _Talk(("Thank {n} for the help.", "Say thank you to {n}.", "Thank {n}."), ("Thank you, {n}!",)),
    _Talk(
        ("Wish {n} a happy birthday.", "It is the birthday of {n}. Say something."),
        ("Happy birthday, {n}!",),
    ),
    _Talk(("Invite {n} to {c}.", "Ask {n} to come to {c}."), ("Dear {n}, please come to {c}!",)),
)


def generate(rng: Random, world: World) -> Task:
    """Return a piece of small talk or an everyday fact."""
    if rng.random() < 0.3:
        question, answer = known_fact(rng)
        return text_task(FAMILY, question, answer)
    talk = rng.choice(_TALK)
    words = {"n": world.name(rng), "c": world.city(rng)}
    accepted = tuple(answer.format(**words) for answer in talk.answers)
    return text_task(
        FAMILY, rng.choice(talk.said).format(**words), accepted[0], check=OneOf(accepted)
    )
