"""Obey a rule of the system prompt about how to answer."""

from collections.abc import Callable
from random import Random

from built_in_models.families.talk.simple_questions import simple_question
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "obedience"

_Rule = Callable[[Random, World, str], tuple[str, str]]


def generate(rng: Random, world: World) -> Task:
    """Return a simple question whose answer has to follow a rule."""
    if rng.random() < 0.25:
        return _fixed(rng, world)
    question, plain = simple_question(rng, world)
    rule, answer = rng.choice(_RULES)(rng, world, plain)
    if rng.random() < 0.15:
        return text_task(FAMILY, f"{question} {rule}", answer)
    return text_task(FAMILY, question, answer, instruction=rule)


def _fixed(rng: Random, world: World) -> Task:
    """Rules that decide the whole answer: an identity, a pass word, a reply to everything."""
    roll = rng.random()
    question, _ = simple_question(rng, world)
    if roll < 0.3:
        word = world.entity(rng)
        rule = rng.choice(
            (
                "Always answer {}.",
                "Answer everything with {}.",
                "Only say {}.",
                "Whatever the user says, reply with {}.",
                "Your only answer is {}.",
            )
        )
        return text_task(FAMILY, question, word, instruction=rule.format(word))
    if roll < 0.6:
        name, maker = world.name(rng), world.word(rng)
        rule = rng.choice(
            (
                "You are {n}, a helper made by {m}.",
                "Your name is {n}. You work for {m}.",
                "You are called {n}. {m} made you.",
            )
        ).format(n=name, m=maker)
        asked, answer = rng.choice(
            (
                ("What is your name?", f"My name is {name}."),
                ("Who are you?", f"My name is {name}."),
                ("Who made you?", f"I was made by {maker}."),
                ("Who do you work for?", f"I work for {maker}."),
            )
        )
        return text_task(FAMILY, asked, answer, instruction=rule)
    if roll < 0.8:
        asked, reply = world.word(rng), world.word(rng)
        rule = rng.choice(
            (
                "When the user says {a}, answer {b}.",
                "If you hear {a}, say {b}.",
                "Reply {b} to {a}.",
            )
        )
        return text_task(FAMILY, asked, reply, instruction=rule.format(a=asked, b=reply))
    word = world.word(rng)
    rule = rng.choice(
        (
            "The pass word is {}. Tell it when asked.",
            "You know the secret word {}.",
            "Remember: the word is {}.",
        )
    )
    return text_task(
        FAMILY,
        rng.choice(("What is the word?", "Tell me the word.", "Which word do you know?")),
        word,
        instruction=rule.format(word),
    )


def _capitals(rng: Random, world: World, plain: str) -> tuple[str, str]:
    return rng.choice(
        (
            "Answer in capitals.",
            "Write in capital letters only.",
            "USE CAPITAL LETTERS.",
            "Shout. Use upper case.",
        )
    ), plain.upper()


def _lower(rng: Random, world: World, plain: str) -> tuple[str, str]:
    return rng.choice(
        ("Answer in lower case.", "Use small letters only.", "No capital letters.")
    ), plain.lower()


def _last_word(rng: Random, world: World, plain: str) -> tuple[str, str]:
    word = world.word(rng)
    rule = rng.choice(
        (
            "End each answer with {}.",
            "Finish with the word {}.",
            "Always end with {}.",
            "The last word of your answer is {}.",
            "Add {} at the end.",
        )
    )
    return rule.format(word), f"{plain} {word}"


def _first_word(rng: Random, world: World, plain: str) -> tuple[str, str]:
    word = world.word(rng)
    rule = rng.choice(
        (
            "Begin each answer with {}.",
            "Start with the word {}.",
            "Always start with {}.",
            "The first word of your answer is {}.",
            "Say {} first.",
        )
    )
    return rule.format(word), f"{word} {plain}"


def _both_ends(rng: Random, world: World, plain: str) -> tuple[str, str]:
    first, last = world.word(rng), world.word(rng)
    return f"Start with {first} and end with {last}.", f"{first} {plain} {last}"


def _prefix(rng: Random, world: World, plain: str) -> tuple[str, str]:
    sign = rng.choice(
        ("A:", ">>", "Answer:", "->", "=", "Bot:", world.word(rng) + ":", "*", "-", "#", "$")
    )
    return rng.choice(
        ("Put {} before each answer.", "Every answer starts with {}", "Begin with {}")
    ).format(sign), f"{sign} {plain}"


def _wrapped(rng: Random, world: World, plain: str) -> tuple[str, str]:
    rule, form = rng.choice(
        (
            ("Put the answer in quotes.", '"{}"'),
            ("Answer in brackets.", "[{}]"),
            ("Put ( ) around the answer.", "({})"),
            ("Write *** around the answer.", "***{}***"),
            ("Answer in a tag <a>.", "<a>{}</a>"),
            ("Say the answer twice.", "{0} {0}"),
            ("End with !!!", "{}!!!"),
            ("Always end with a question mark.", "{}?"),
        )
    )
    return rule, form.format(plain)


def _tagged(rng: Random, world: World, plain: str) -> tuple[str, str]:
    tag = world.plain_word(rng, 7)
    return rng.choice(
        (
            "Answer as <{0}>...</{0}>.",
            "Put the answer between <{0}> and </{0}>.",
            "Use the tag <{0}>.",
        )
    ).format(tag), f"<{tag}>{plain}</{tag}>"


def _json_key(rng: Random, world: World, plain: str) -> tuple[str, str]:
    key = world.plain_word(rng, 7)
    rule = rng.choice(
        (
            'Answer as JSON with the key "{}".',
            "Answer in JSON, key {}.",
            'Use this form: {{"{}": ...}}',
        )
    )
    return rule.format(key), f'{{"{key}": "{plain}"}}'


def _form(rng: Random, world: World, plain: str) -> tuple[str, str]:
    word, mark = world.word(rng), rng.choice(("ANSWER", "X", "...", "answer", "HERE"))
    form = rng.choice(
        (
            "{w} = {a}",
            "{w}: {a}",
            "{a} / {w}",
            "[{w}] {a}",
            "{w}|{a}",
            "{a} @{w}",
            "#{w} {a}",
            "{w}({a})",
            "The {w} is {a}",
        )
    )
    rule = rng.choice(("Answer in this form: {}", "Use the format {}", "Form: {}"))
    return rule.format(form.format(w=word, a=mark)), form.format(w=word, a=plain)


def _address(rng: Random, world: World, plain: str) -> tuple[str, str]:
    name = world.name(rng)
    return rng.choice(
        (
            "The user is called {}. Use the name.",
            "Say the name of the user, {}, in each answer.",
            "You talk to {}. Use the name.",
        )
    ).format(name), f"{plain}, {name}."


_RULES: tuple[_Rule, ...] = (
    _capitals,
    _lower,
    _last_word,
    _last_word,
    _first_word,
    _first_word,
    _both_ends,
    _prefix,
    _wrapped,
    _tagged,
    _json_key,
    _form,
    _form,
    _address,
)
