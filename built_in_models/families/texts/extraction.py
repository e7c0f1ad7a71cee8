"""Read a text and write what it says as a JSON object with the keys asked for."""

from random import Random
from typing import NamedTuple

from built_in_models import draws, vocabulary
from built_in_models.checks import SameJson
from built_in_models.draws import Draw
from built_in_models.task import Task, json_text, text_task
from built_in_models.world import World

FAMILY = "extraction"


class _Fact(NamedTuple):
    keys: tuple[str, ...]
    sentences: tuple[str, ...]
    draw: Draw
    is_number: bool = False
    """Whether JSON writes the value as a number."""


_FACTS = (
    _Fact(
        ("city", "place", "town"),
        ("{n} lives in {v}.", "{n} is from {v}.", "{n} moved to {v}.", "The home of {n} is {v}."),
        draws.city,
    ),
    _Fact(
        ("age", "years"),
        ("{n} is {v} years old.", "The age of {n} is {v}.", "{n} turned {v} today."),
        draws.number(3, 99),
        is_number=True,
    ),
    _Fact(
        ("job", "work", "role"),
        ("{n} works as a {v}.", "{n} is a {v}.", "The job of {n} is {v}."),
        draws.job,
    ),
    _Fact(
        ("item", "product", "thing"),
        ("{n} bought a {v}.", "{n} wants the {v}.", "{n} ordered one {v}."),
        draws.thing,
    ),
    _Fact(
        ("item", "product", "brand"),
        ("{n} bought the {v}.", "{n} ordered a {v}.", "The product is {v}."),
        draws.word,
    ),
    _Fact(
        ("code", "id", "number", "order"),
        ("The code is {v}.", "The number is {v}.", "{n} has the id {v}.", "Order: {v}."),
        draws.code,
    ),
    _Fact(
        ("pet", "dog", "cat"),
        ("{n} has a pet called {v}.", "The pet of {n} is {v}.", "The dog is named {v}."),
        draws.name,
    ),
    _Fact(
        ("friend", "boss", "partner"),
        ("{n} met {v}.", "The friend of {n} is {v}.", "{n} knows {v}."),
        draws.name,
    ),
    _Fact(
        ("company", "team", "firm"),
        ("{n} works at {v}.", "{n} joined {v}.", "The team of {n} is {v}."),
        draws.word,
    ),
    _Fact(
        ("day", "date"),
        ("{n} comes on {v}.", "The day is {v}.", "{n} is free on {v}."),
        draws.weekday,
    ),
    _Fact(
        ("price", "amount", "total"),
        ("{n} paid {v}.", "The price is {v}.", "{n} owes {v} coins."),
        draws.number(1, 999),
        is_number=True,
    ),
    _Fact(
        ("color", "paint"),
        ("{n} likes {v}.", "The color is {v}.", "The favorite color of {n} is {v}."),
        draws.color,
    ),
)
_NAME_FACTS = (
    "{n} is here.",
    "This is {n}.",
    "My name is {n}.",
    "The name is {n}.",
    "{n} called.",
    "I am {n}.",
)

_ASK_KEYS = (
    "Extract {keys} as JSON.",
    "Write {keys} as JSON.",
    "Give me JSON with the keys {keys}.",
    "Return a JSON object with {keys}.",
    "Find {keys} and answer in JSON.",
    "JSON keys: {keys}",
    "Turn this into JSON with {keys}.",
    "Answer only with JSON: {keys}.",
)
_ASK_RENAMED = (
    "Write JSON. {pairs}.",
    "Extract as JSON: {pairs}.",
    "Answer in JSON with {pairs}.",
    "Return JSON where {pairs}.",
)
_ASK_LINES = (
    "Turn this into JSON.",
    "Write this as JSON.",
    "Convert to JSON:",
    "JSON please.",
    "Make a JSON object of this.",
    "Answer with JSON.",
    "Change the lines into a JSON object.",
)
_FORMS = (
    "{k}: {v}",
    "{k} = {v}",
    "{k}={v}",
    "{k} is {v}",
    "{k} -> {v}",
    "{k} - {v}",
    "{k}:{v}",
    "The {k} is {v}",
)


def generate(rng: Random, world: World) -> Task:
    """Return a task whose answer is a small flat JSON object."""
    if rng.random() < 0.4:
        instruction, text, record = _from_pairs(rng, world)
    else:
        instruction, text, record = _from_sentences(rng, world)
    answer = json_text(record)
    check = SameJson(answer)
    roll = rng.random()
    if roll < 0.4:
        return text_task(FAMILY, text, answer, instruction=instruction, check=check)
    question = f"{text}\n{instruction}" if roll < 0.65 else f"{instruction}\n{text}"
    return text_task(FAMILY, question, answer, check=check)


def _from_sentences(rng: Random, world: World) -> tuple[str, str, dict[str, str | int]]:
    person = world.name(rng)
    facts = rng.sample(_FACTS, rng.choice((1, 1, 2, 2, 3)))
    values: list[tuple[str, str, str | int]] = []
    sentences: list[str] = []
    has_name = False
    for fact in facts:
        value = fact.draw(rng, world)
        sentence = rng.choice(fact.sentences)
        has_name = has_name or "{n}" in sentence
        sentences.append(sentence.format(n=person, v=value))
        key = rng.choice(fact.keys)
        if all(key != used for used, _, _ in values):
            values.append((key, key, int(value) if fact.is_number else value))
    if not has_name or rng.random() < 0.2:
        sentences.insert(0, rng.choice(_NAME_FACTS).format(n=person))
    values.insert(0, ("name", "name", person))
    if len(values) > 2 and rng.random() < 0.4:
        values.remove(rng.choice(values))
    if rng.random() < 0.4:
        rng.shuffle(values)
    if rng.random() < 0.45:
        values = [(_new_key(rng, world), meaning, value) for _, meaning, value in values]
        pairs = rng.choice((", ", ", ", " and "))
        form = rng.choice(("{} for the {}", "{} is the {}", '"{}" is the {}', "{} = {}"))
        listed = pairs.join(form.format(key, meaning) for key, meaning, _ in values)
        instruction = rng.choice(_ASK_RENAMED).format(pairs=listed)
    else:
        instruction = rng.choice(_ASK_KEYS).format(keys=_listed(rng, [key for key, _, _ in values]))
    return instruction, " ".join(sentences), {key: value for key, _, value in values}


def _from_pairs(rng: Random, world: World) -> tuple[str, str, dict[str, str | int]]:
    record: dict[str, str | int] = {}
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4))):
        is_number = rng.random() < 0.2
        record[_new_key(rng, world)] = (
            rng.randint(0, 9999) if is_number else _text_value(rng, world)
        )
    form = rng.choice(_FORMS)
    text = rng.choice(("\n", "\n", ", ", "; ", " | ")).join(
        form.format(k=k, v=v) for k, v in record.items()
    )
    if len(record) > 1 and rng.random() < 0.35:
        kept = rng.sample(list(record), rng.randint(1, len(record) - 1))
        return (
            rng.choice(_ASK_KEYS).format(keys=_listed(rng, kept)),
            text,
            {key: record[key] for key in kept},
        )
    return rng.choice(_ASK_LINES), text, record


def _text_value(rng: Random, world: World) -> str:
    # A value of digits only would leave open whether to write a string or a number.
    while True:
        value = world.entity(rng)
        if any(letter.isalpha() for letter in value):
            return value


def _new_key(rng: Random, world: World) -> str:
    return rng.choice(vocabulary.FIELD_NAMES) if rng.random() < 0.45 else world.plain_word(rng, 9)


def _listed(rng: Random, keys: list[str]) -> str:
    if len(keys) > 1 and rng.random() < 0.5:
        return ", ".join(keys[:-1]) + " and " + keys[-1]
    return ", ".join(keys)
