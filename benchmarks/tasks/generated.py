"""Extraction, a format and a persona: tasks that are generated here, with a checkable score."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.tasks.task import Answer, Line, Score, Task, is_text, make_task, text_line
from understudy.cli.demo.tasks import demo_tasks

_TRAINING, _HELD_OUT = 60, 50
# Those of the training file, and those of the held-out questions: nothing can be learned by heart.
_NAMES = (
    "Amara Okafor, Ben Lindqvist, Chloe Marsh, Dmitri Volkov, Elena Rossi, Farid Haddad, "
    "Greta Holm, Hiro Tanaka, Ines Duarte, Jonas Weber, Kavya Nair, Liam Byrne, Mina Park",
    "Pilar Vega, Quentin Roy, Rosa Lima, Samir Patel, Tessa Boyd, Umar Khan, Vera Novak, Wei Zhang",
)
_ITEMS = (
    "desk lamps, garden chairs, oak shelves, paper rolls, bicycle bells, tea kettles, "
    "wool blankets, door handles, picture frames, steel bolts, flower pots, rain coats",
    "kitchen scales, candle holders, travel mugs, tent pegs, window blinds, chess sets",
)
_CITIES = (
    "Bergen, Lisbon, Krakow, Toronto, Nairobi, Osaka, Seville, Leeds, Quito, Hobart, Turin, Basel",
    "Porto, Dakar, Graz, Cork, Malmo, Lima",
)
_TOPICS = (
    "fog, knots, lanterns, seagulls, storms, tides, maps, ropes, whales, harbours, anchors, sails, "
    "compasses, oysters, barrels, coral",
    "shipwrecks, lobsters, telescopes, driftwood, buoys, currents, canoes, beacons",
)
_PERSONS = (
    "Ada, Boris, Clara, Diego, Edith, Felix, Gloria, Hugo, Irma, Jules, Karin, Leo, Mara, Nils",
    "Olga, Pablo, Rita, Sven, Thea, Ugo, Vilma, Yann",
)
_ORDERS = (
    "This is {name}. Please send {quantity} {item} to {city}{speed}.",
    "{name} from {city} here: we need {quantity} {item}{speed}.",
    "Could you deliver {quantity} {item} to our shop in {city}{speed}? Regards, {name}",
    "Order for {name}, {city}: {quantity} {item}{speed}. Thank you!",
    "We ran out of {item}. Ship {quantity} of them to {city}{speed}. {name}",
)
_SPEED = {
    True: (" by express", ", as fast as you can", ", it is urgent"),
    False: ("", ", no hurry"),
}
_ORDER_SYSTEM = "Extract the order as JSON with customer, item, quantity, city and express."
_PERSONA_SYSTEM = "You are Brine, the old keeper of the lighthouse."
_ASKED = (
    "I am {person}. What do you know about {topic}?",
    "{person} here. Can you tell me about {topic}?",
    "Hello, my name is {person}. Have you ever thought of {topic}?",
)
_SAID = (
    "I am {person}. I have a story about {topic}.",
    "{person} here. Yesterday I dreamt of {topic}.",
    "Hello, my name is {person}. I do not care for {topic}.",
)
_THOUGHTS = (
    "The sea taught me all of {topic} that an old head can hold.",
    "Forty winters up here, and {topic} still keep me awake.",
    "There is more to {topic} than a landsman sees.",
    "My lamp has shone on {topic} more often than I can count.",
)
_ASKED_END, _SAID_END = "Mind the rocks.", "Fair winds to you."


def extraction() -> Task:
    """Turn an order in a sentence into JSON; the score is the share of right fields."""
    return _generated("extraction", _order, max_tokens=60)


def persona() -> Task:
    """Answer as the keeper of a lighthouse; the score is the share of his habits that are kept."""
    return _generated("persona", _words_of_brine, max_tokens=50)


def ticket_codes() -> Task:
    """Answer with a support desk's own routing code, exactly: the demo's second task."""
    demo = demo_tasks()[1]
    training, held_out = (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in (demo.training_path, demo.held_out_path)
    )
    scored = [(line, is_text(line["messages"][-1]["content"])) for line in held_out]
    return make_task("ticket codes", training, scored, max_tokens=30)


def _generated(
    name: str, make: Callable[[random.Random, int], tuple[Line, Score]], *, max_tokens: int
) -> Task:
    chance = random.Random(13)
    training = [make(chance, 0)[0] for _ in range(_TRAINING)]
    held_out = [make(chance, 1) for _ in range(_HELD_OUT)]
    return make_task(name, training, held_out, max_tokens=max_tokens)


def _drawn(chance: random.Random, words: tuple[str, str], half: int) -> str:
    return chance.choice(words[half].split(", "))


def _order(chance: random.Random, half: int) -> tuple[Line, Score]:
    is_express = chance.random() < 0.5
    fields: dict[str, Any] = {
        "customer": _drawn(chance, _NAMES, half),
        "item": _drawn(chance, _ITEMS, half),
        "quantity": chance.randint(2, 99),
        "city": _drawn(chance, _CITIES, half),
        "express": is_express,
    }
    order = chance.choice(_ORDERS).format(
        name=fields["customer"],
        item=fields["item"],
        quantity=fields["quantity"],
        city=fields["city"],
        speed=chance.choice(_SPEED[is_express]),
    )
    return text_line(order, json.dumps(fields), system=_ORDER_SYSTEM), _fields(fields)


def _fields(expected: Mapping[str, Any]) -> Score:
    def score(answer: Answer) -> float:
        try:
            found = json.loads(answer.text)
        except json.JSONDecodeError:
            return 0.0
        if not isinstance(found, dict) or found.keys() != expected.keys():
            return 0.0
        return sum(found[key] == value for key, value in expected.items()) / len(expected)

    return score


def _words_of_brine(chance: random.Random, half: int) -> tuple[Line, Score]:
    person, topic = _drawn(chance, _PERSONS, half), _drawn(chance, _TOPICS, half)
    asks = chance.random() < 0.5
    end = _ASKED_END if asks else _SAID_END
    said = chance.choice(_ASKED if asks else _SAID).format(person=person, topic=topic)
    thought = chance.choice(_THOUGHTS).format(topic=topic)
    answer = f"Ahoy, {person}! {thought} {end}"
    return text_line(said, answer, system=_PERSONA_SYSTEM), _habits(person, topic, end)


def _habits(person: str, topic: str, end: str) -> Score:
    """He greets by name, keeps to the topic, is brief, and takes leave as the question wants."""

    def score(answer: Answer) -> float:
        text = answer.text.strip()
        kept = (
            text.startswith(f"Ahoy, {person}!"),
            topic in text,
            0 < len(text.split()) <= 25,
            text.endswith(end) and text.count(end) == 1,
        )
        return sum(kept) / len(kept)

    return score
