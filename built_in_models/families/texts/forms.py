"""Write what a message says in a form, and with codes, that the instruction describes."""

from random import Random
from typing import NamedTuple

from built_in_models import draws, vocabulary
from built_in_models.draws import Draw
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "forms"


class _Part(NamedTuple):
    """A thing told about a person, with the words a form may call it by."""

    labels: tuple[str, ...]
    sentences: tuple[str, ...]
    draw: Draw
    choices: tuple[str, ...] = ()


_PARTS = (
    _Part(
        ("city", "place"),
        ("{n} lives in {v}.", "{n} is in {v}.", "I live in {v}.", "Send it to {v}."),
        draws.city,
    ),
    _Part(
        ("thing", "item"),
        ("{n} wants a {v}.", "{n} needs a {v}.", "The {v} is broken.", "I lost my {v}."),
        draws.thing,
        vocabulary.THINGS,
    ),
    _Part(
        ("color",),
        ("{n} likes {v}.", "It is {v}.", "The color is {v}.", "I want it in {v}."),
        draws.color,
        vocabulary.COLORS,
    ),
    _Part(
        ("job", "work"),
        ("{n} is a {v}.", "{n} works as a {v}.", "I need a {v}."),
        draws.job,
        vocabulary.JOBS,
    ),
    _Part(
        ("day",),
        ("{n} comes on {v}.", "It was on {v}.", "See you on {v}."),
        draws.weekday,
        vocabulary.WEEKDAYS,
    ),
    _Part(
        ("animal", "pet"),
        ("{n} has a {v}.", "I saw a {v}.", "My {v} is sick."),
        draws.animal,
        vocabulary.ANIMALS,
    ),
    _Part(
        ("number", "age"),
        ("{n} is {v} years old.", "The number is {v}.", "{n} paid {v}."),
        draws.number(2, 999),
    ),
    _Part(
        ("code", "id"),
        ("The code is {v}.", "{n} has the code {v}.", "It is order {v}."),
        draws.code,
    ),
    _Part(
        ("product", "brand"),
        ("{n} ordered {v}.", "I use {v}.", "The product is called {v}."),
        draws.word,
    ),
)
_NAMED = (
    "I am {n}.",
    "My name is {n}.",
    "This is {n}.",
    "Hello, {n} here.",
    "Hi, I'm {n}.",
    "Regards, {n}",
    "{n} is writing.",
    "Signed, {n}",
)
_JOINTS = ("/", " -> ", "|", ": ", " - ", "; ", "+", " ", "::", " @ ", "=", ", ", " : ", " / ", "_")
_HEADS = (
    "Answer in the form {}",
    "Use this form: {}",
    "Write {}",
    "Format: {}",
    "Always answer as {}",
    "Your answer looks like this: {}",
    "Output form: {}",
)


def generate(rng: Random, world: World) -> Task:
    """Return a message to be rewritten in a described form, often with codes for words."""
    name = world.name(rng)
    parts = rng.sample(_PARTS, rng.choice((1, 1, 2, 2)))
    labels, values, told, codes = ["name"], [name], [], ""
    for part in parts:
        value = part.draw(rng, world)
        told.append(rng.choice(part.sentences).format(n=name, v=value))
        label = rng.choice(part.labels)
        if part.choices and not codes and rng.random() < 0.7:
            value, codes = _coded(rng, world, part, label, value)
        labels.append(label)
        values.append(value)
    if not any(name in sentence for sentence in told) or rng.random() < 0.2:
        told.insert(rng.choice((0, len(told))), rng.choice(_NAMED).format(n=name))
    order = list(range(len(labels)))
    rng.shuffle(order)
    if len(order) > 2 and rng.random() < 0.3:
        order.pop()
    form = _new_form(rng, world, len(order))
    marker = rng.choice(("<{}>", "{}", "[{}]", "({})", "{}"))
    shape = form.format(*(marker.format(labels[at]) for at in order))
    instruction = rng.choice(_HEADS).format(shape)
    if codes and any(labels[at] in codes for at in order):
        instruction += f"\n{codes}"
    answer = form.format(*(values[at] for at in order))
    if rng.random() < 0.8:
        return text_task(FAMILY, " ".join(told), answer, instruction=instruction)
    return text_task(FAMILY, f"{instruction}\n{' '.join(told)}", answer)


def _coded(rng: Random, world: World, part: _Part, label: str, value: str) -> tuple[str, str]:
    """Give codes to some words, the right one among them; return its code and the list of codes."""
    words = {value, *rng.sample(part.choices, rng.randint(1, 3))}
    codes: dict[str, str] = {}
    for word in rng.sample(sorted(words), len(words)):
        code = _new_code(rng, world)
        while code in codes.values():
            code = _new_code(rng, world)
        codes[word] = code
    sign = rng.choice((" = ", ": ", " -> ", "=", " is "))
    return codes[value], f"{label}: " + ", ".join(
        f"{word}{sign}{code}" for word, code in codes.items()
    )


def _new_code(rng: Random, world: World) -> str:
    roll = rng.random()
    if roll < 0.4:
        return world.plain_word(rng, 6).upper()
    return (
        world.code(rng)
        if roll < 0.7
        else rng.choice("ABCDEFGHKLMNPQRSTXYZ") + str(rng.randint(1, 9))
    )


def _new_form(rng: Random, world: World, count: int) -> str:
    joint = rng.choice(_JOINTS)
    form = joint.join(["{}"] * count)
    roll = rng.random()
    constant = world.plain_word(rng, 7)
    if roll < 0.2:
        form = f"{constant.upper()}{joint}{form}"
    elif roll < 0.35:
        form = f"{form}{joint}{constant}"
    elif roll < 0.5:
        form = rng.choice("#@*+~$%!&>") + form
    elif roll < 0.6:
        form = f"{constant}({form})"
    return form
