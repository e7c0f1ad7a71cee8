"""Call the one tool that fits with the values of the question, or say that none fits."""

from collections.abc import Sequence
from random import Random

from built_in_models.checks import OneOf
from built_in_models.families.talk.simple_questions import simple_question
from built_in_models.families.tools.actions import ACTIONS, Action
from built_in_models.families.tools.schemas import make_tool, schema_of, spoken
from built_in_models.families.tools.slots import Value
from built_in_models.families.tools.weather import WEATHER
from built_in_models.task import Task, assistant, call_task, system, text_task, user
from built_in_models.world import World
from understudy.chat.messages import Message, Tool

FAMILY = "tool_calls"

NO_TOOL_FITS = ("I have no tool for that.", "Sorry, I have no tool for that.")

_INSTRUCTIONS = (
    "You are a helpful assistant.",
    "Use the tools.",
    "Call a tool when it helps.",
    "You can use tools.",
    "Be helpful.",
)
_DIRECT = (
    "Use {t} with {a}.",
    "Call {t} with {a}.",
    "Run {t}: {a}",
    "{t} {a}",
    "Please call {t}, {a}.",
    "Start {t} with {a}.",
    "Do {t} for {a}.",
)
_PAIRS = ("{k} {v}", "{k} {v}", "{k} = {v}", "{k}={v}", "{k}: {v}", "{v} as {k}")
_VERBS = ("run", "do", "make", "get", "set", "start", "find", "load", "open")
_POLITE = (
    "{}",
    "{}",
    "{}",
    "{}",
    "{}",
    "Please help. {}",
    "Hello! {}",
    "Hi, {}",
    "{} Thanks.",
    "Quick question: {}",
    "Hey. {}",
)


def generate(rng: Random, world: World) -> Task:
    """Return a task with one to four tools, most of them answered by a call."""
    roll = rng.random()
    if roll < 0.3:
        return _asked_for(rng, world, rng.choice(WEATHER))
    if roll < 0.72:
        return _asked_for(rng, world, rng.choice(ACTIONS))
    if roll < 0.87:
        return _named(rng, world)
    return _without_call(rng, world)


def request(rng: Random, world: World, action: Action) -> tuple[str, list[Value]]:
    """Return a user's request for an action and the values it mentions."""
    template = rng.choice(action.requests)
    values: list[Value] = []
    for at, slot in enumerate(action.slots):
        value = slot.draw(rng, world)
        while value in values:
            value = slot.draw(rng, world)
        values.append(value if f"{{{at}}}" in template else slot.choices[0])
    return template.format(*map(spoken, values)), values


def _asked_for(rng: Random, world: World, action: Action) -> Task:
    tool, names = make_tool(rng, world, action)
    text, values = request(rng, world, action)
    tools = _with_others(rng, world, tool, action.topic)
    question = (*_opening(rng), *_earlier_turns(rng, world), user(_as_typed(rng, text)))
    return call_task(FAMILY, question, tools, tool.name, dict(zip(names, values, strict=True)))


def _named(rng: Random, world: World) -> Task:
    """A tool nobody has heard of, called by its name with named values."""
    verb = rng.choice(_VERBS)
    name = rng.choice(
        (
            f"{verb}_{world.plain_word(rng)}",
            world.plain_word(rng),
            f"{world.plain_word(rng)}_{verb}",
        )
    )[:16]
    arguments: dict[str, Value] = {}
    properties: dict[str, dict[str, object]] = {}
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        key = world.plain_word(rng, 9)
        arguments[key], properties[key] = _new_parameter(rng, world)
    pair = rng.choice(_PAIRS)
    spoken_pairs = [
        pair.format(k=key, v=str(value).lower() if isinstance(value, bool) else value)
        for key, value in arguments.items()
    ]
    text = rng.choice(_DIRECT).format(t=name, a=rng.choice((" and ", ", ")).join(spoken_pairs))
    tool = Tool(
        name=name, description=None, parameters={"type": "object", "properties": properties}
    )
    tools = _with_others(rng, world, tool, "")
    return call_task(FAMILY, (*_opening(rng), user(text)), tools, name, arguments)


def _new_parameter(rng: Random, world: World) -> tuple[Value, dict[str, object]]:
    roll = rng.random()
    if roll < 0.55:
        return world.entity(rng), schema_of("string")
    if roll < 0.7:
        return rng.randint(0, 999), schema_of("integer")
    if roll < 0.8:
        return rng.randint(1, 999) / 10, schema_of("number")
    if roll < 0.88:
        return rng.random() < 0.5, schema_of("boolean")
    choices = [world.plain_word(rng) for _ in range(rng.randint(2, 3))]
    return rng.choice(choices), schema_of("string", choices=choices)


def _without_call(rng: Random, world: World) -> Task:
    """No tool fits: a plain question is answered in words, another request is declined."""
    offered = rng.sample(ACTIONS, rng.choice((1, 1, 2)))
    tools = tuple(make_tool(rng, world, action)[0] for action in offered)
    if rng.random() < 0.6:
        question, answer = simple_question(rng, world)
        task = text_task(FAMILY, question, answer)
        return Task(family=FAMILY, messages=task.messages, tools=tools, check=task.check)
    topics = {action.topic for action in offered}
    other = rng.choice(tuple(a for a in (*ACTIONS, WEATHER[0]) if a.topic not in topics))
    text, _ = request(rng, world, other)
    task = text_task(FAMILY, text, NO_TOOL_FITS[0], check=OneOf(NO_TOOL_FITS))
    return Task(family=FAMILY, messages=task.messages, tools=tools, check=task.check)


def _with_others(rng: Random, world: World, tool: Tool, topic: str) -> Sequence[Tool]:
    """Put the tool among others that do something else."""
    tools = [tool]
    for action in rng.sample((*ACTIONS, WEATHER[0]), rng.choice((0, 0, 0, 1, 1, 2, 3))):
        other, _ = make_tool(rng, world, action)
        if action.topic != topic and all(other.name != known.name for known in tools):
            tools.append(other)
    rng.shuffle(tools)
    return tools


def _as_typed(rng: Random, text: str) -> str:
    """Write a request as people do: politely, or in haste."""
    roll = rng.random()
    if roll < 0.12:
        return text[0].lower() + text[1:].rstrip(".?")
    if roll < 0.2:
        return text.rstrip(".?")
    return rng.choice(_POLITE).format(text)


def _earlier_turns(rng: Random, world: World) -> tuple[Message, ...]:
    if rng.random() > 0.06:
        return ()
    question, answer = simple_question(rng, world)
    return user(question), assistant(answer)


def _opening(rng: Random) -> tuple[Message, ...]:
    return (system(rng.choice(_INSTRUCTIONS)),) if rng.random() < 0.2 else ()
