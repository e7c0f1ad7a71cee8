"""Say in one sentence what a tool has answered."""

from random import Random

from built_in_models import vocabulary
from built_in_models.checks import Mentions
from built_in_models.families.tools.actions import ACTIONS
from built_in_models.families.tools.schemas import make_tool
from built_in_models.families.tools.slots import Value
from built_in_models.families.tools.tool_calls import request
from built_in_models.families.tools.weather import WEATHER
from built_in_models.task import Task, assistant, calling, json_text, tool_result, user
from built_in_models.world import World

FAMILY = "tool_results"

_SKIES = ("sunny", "cloudy", "rainy", "windy", "snowy", "clear", "foggy", "stormy")
_KEYS_DEGREES = ("temperature", "temp", "degrees", "t")
_KEYS_SKY = ("weather", "sky", "condition", "conditions")
_ACTION_BY_TOPIC = {action.topic: action for action in ACTIONS}


def generate(rng: Random, world: World) -> Task:
    """Return a task that ends with an answer in words to a tool's result."""
    roll = rng.random()
    if roll < 0.45:
        action = rng.choice(WEATHER[:5])
        text, values = request(rng, world, action)
        result, answer, parts = _weather(rng, str(values[0]))
    else:
        action = _ACTION_BY_TOPIC[
            rng.choice(
                (
                    "time",
                    "order",
                    "stock",
                    "call",
                    "music",
                    "translate",
                    "person",
                    "timer",
                    "map",
                    "taxi",
                )
            )
        ]
        text, values = request(rng, world, action)
        result, answer, parts = _other(rng, world, action.topic, values)
    tool, names = make_tool(rng, world, action)
    arguments = json_text(dict(zip(names, values, strict=True)))
    messages = (user(text), calling(tool.name, arguments), tool_result(result), assistant(answer))
    return Task(family=FAMILY, messages=messages, tools=(tool,), check=Mentions(parts, longest=200))


def _weather(rng: Random, place: str) -> tuple[str, str, tuple[str, ...]]:
    degrees, sky = rng.randint(-20, 40), rng.choice(_SKIES)
    roll = rng.random()
    if roll < 0.6:
        record: dict[str, object] = {rng.choice(_KEYS_DEGREES): degrees, rng.choice(_KEYS_SKY): sky}
        if rng.random() < 0.3:
            record["city"] = place
        result = json_text(record)
    elif roll < 0.8:
        result = rng.choice(
            ("{d} degrees, {s}", "{s}, {d}", "{s} and {d} degrees", "{d}C {s}")
        ).format(d=degrees, s=sky)
    else:
        return (
            rng.choice(("{}", '{{"temperature": {}}}', "{} degrees")).format(degrees),
            f"It is {degrees} degrees in {place}.",
            (str(degrees), place),
        )
    return result, f"It is {degrees} degrees and {sky} in {place}.", (str(degrees), sky, place)


def _other(
    rng: Random, world: World, topic: str, values: list[Value]
) -> tuple[str, str, tuple[str, ...]]:
    first = str(values[0])
    if topic == "time":
        time = f"{rng.randint(0, 23)}:{rng.randint(0, 59):02}"
        return _result(rng, "time", time), f"It is {time} in {first}.", (time, first)
    if topic == "order":
        state = rng.choice(("on the way", "sent", "delivered", "late", "lost", "ready", "packed"))
        return _result(rng, "status", state), f"Your order {first} is {state}.", (first, state)
    if topic == "stock":
        price = f"{rng.randint(1, 500)}.{rng.randint(10, 99)}"
        return _result(rng, "price", price), f"The price of {first} is {price}.", (first, price)
    if topic == "translate":
        word = world.word(rng)
        return (
            _result(rng, rng.choice(("text", "word", "result")), word),
            f"It is {word} in {values[1]}.",
            (word, str(values[1])),
        )
    if topic == "person":
        job, city = rng.choice(vocabulary.JOBS), world.city(rng)
        return (
            json_text({"job": job, "city": city}),
            f"{first} is a {job} in {city}.",
            (first, job, city),
        )
    if topic == "map":
        distance = str(rng.randint(5, 9000))
        return (
            _result(rng, rng.choice(("km", "distance")), distance),
            f"It is {distance} km from {first} to {values[1]}.",
            (distance, first),
        )
    if topic == "taxi":
        minutes = str(rng.randint(2, 40))
        return (
            _result(rng, "minutes", minutes),
            f"Your car to {first} comes in {minutes} minutes.",
            (first, minutes),
        )
    is_done = rng.random() < 0.7
    result = rng.choice(
        ("ok", "done", '{"ok": true}', '{"status": "ok"}')
        if is_done
        else ("error", "failed", '{"ok": false}', '{"error": "failed"}')
    )
    if not is_done:
        return result, "Sorry, that did not work.", ("Sorry, that did not work.",)
    done = {
        "call": f"I am calling {first}.",
        "music": f"I am playing {first}.",
        "timer": f"The timer is set for {first} minutes.",
    }
    return result, done[topic], (done[topic],)


def _result(rng: Random, key: str, value: str) -> str:
    return value if rng.random() < 0.35 else json_text({key: value})
