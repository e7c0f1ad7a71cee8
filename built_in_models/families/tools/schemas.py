"""Turn an action of the generated world into a tool with a random name and schema."""

from collections.abc import Sequence
from random import Random

from built_in_models.families.tools.actions import Action
from built_in_models.families.tools.slots import Slot, Value
from built_in_models.world import World
from understudy.chat.messages import Tool

# The fine-tuning demo teaches this very tool, so pretraining must never show it.
KEPT_OUT_TOOL = "get_current_weather"


def make_tool(rng: Random, world: World, action: Action) -> tuple[Tool, tuple[str, ...]]:
    """Return a tool for the action and the parameter names, in the order of its slots."""
    names: list[str] = []
    for slot in action.slots:
        name = rng.choice(slot.names) if rng.random() < 0.75 else world.plain_word(rng, 8)
        while name in names:
            name = world.plain_word(rng, 8)
        names.append(name)
    properties = {name: _schema(rng, slot) for name, slot in zip(names, action.slots, strict=True)}
    parameters: dict[str, object] = {"type": "object", "properties": properties}
    if rng.random() < 0.6:
        parameters["required"] = names
    description = rng.choice(action.descriptions) if rng.random() < 0.8 else None
    return Tool(
        name=_tool_name(rng, world, action), description=description, parameters=parameters
    ), tuple(names)


def schema_of(
    kind: str, description: str | None = None, choices: Sequence[str] = ()
) -> dict[str, object]:
    """Return the JSON Schema of one parameter."""
    schema: dict[str, object] = {"type": kind}
    if description is not None:
        schema["description"] = description
    if choices:
        schema["enum"] = list(choices)
    return schema


def spoken(value: Value) -> str:
    """Write a value as a user says it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _schema(rng: Random, slot: Slot) -> dict[str, object]:
    description = (
        rng.choice(slot.descriptions) if slot.descriptions and rng.random() < 0.6 else None
    )
    return schema_of(slot.kind, description, slot.choices)


def _tool_name(rng: Random, world: World, action: Action) -> str:
    while True:
        name = _any_name(rng, world, action)
        if name != KEPT_OUT_TOOL:
            return name


def _any_name(rng: Random, world: World, action: Action) -> str:
    verb, noun = rng.choice(action.verbs), rng.choice(action.nouns)
    roll = rng.random()
    if roll < 0.45:
        return f"{verb}_{noun}"
    if roll < 0.55:
        return verb + noun.title().replace("_", "")
    if roll < 0.62:
        return noun
    if roll < 0.7:
        return f"{noun}_{verb}"
    if roll < 0.85:
        return f"{world.plain_word(rng, 8)}_{noun}"
    if roll < 0.93:
        return f"{verb}_{noun}_{world.plain_word(rng, 6)}"
    return f"{verb}_{noun}{rng.randint(2, 9)}"
