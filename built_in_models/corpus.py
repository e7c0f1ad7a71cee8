"""The endless stream of training tasks and the fixed list of evaluation tasks."""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from random import Random
from typing import NamedTuple

from built_in_models.families.numbers import (
    arithmetic,
    comparison,
    counting,
    dates_and_units,
    sorting,
)
from built_in_models.families.talk import (
    memory,
    obedience,
    refusals,
    small_talk,
    stories,
    unknown,
    yes_or_no,
)
from built_in_models.families.texts import (
    classification,
    copying,
    extraction,
    few_shot,
    forms,
    letters,
    reading,
)
from built_in_models.families.tools import tool_calls, tool_results
from built_in_models.task import Task, system
from built_in_models.world import Split, World
from understudy.chat.messages import Role


class Family(NamedTuple):
    """A kind of task and its share of the training stream."""

    generate: Callable[[Random, World], Task]
    weight: float


FAMILIES: Mapping[str, Family] = {
    copying.FAMILY: Family(copying.generate, 13),
    extraction.FAMILY: Family(extraction.generate, 12),
    few_shot.FAMILY: Family(few_shot.generate, 13),
    forms.FAMILY: Family(forms.generate, 6),
    tool_calls.FAMILY: Family(tool_calls.generate, 18),
    tool_results.FAMILY: Family(tool_results.generate, 4),
    reading.FAMILY: Family(reading.generate, 6),
    memory.FAMILY: Family(memory.generate, 4),
    obedience.FAMILY: Family(obedience.generate, 8),
    classification.FAMILY: Family(classification.generate, 4),
    arithmetic.FAMILY: Family(arithmetic.generate, 6),
    comparison.FAMILY: Family(comparison.generate, 2),
    sorting.FAMILY: Family(sorting.generate, 3),
    counting.FAMILY: Family(counting.generate, 2),
    letters.FAMILY: Family(letters.generate, 4),
    dates_and_units.FAMILY: Family(dates_and_units.generate, 2),
    yes_or_no.FAMILY: Family(yes_or_no.generate, 2),
    stories.FAMILY: Family(stories.generate, 3),
    unknown.FAMILY: Family(unknown.generate, 1.5),
    refusals.FAMILY: Family(refusals.generate, 1),
    small_talk.FAMILY: Family(small_talk.generate, 2.5),
}
"""Every family of pretraining; two thirds of the weight asks for copying of unseen words."""

_GENERAL_INSTRUCTIONS = (
    "You are a helpful assistant.",
    "You are a helpful assistant.",
    "You are a small assistant.",
    "Answer briefly.",
    "Be short.",
    "Be helpful.",
    "You help people.",
    "Answer the question.",
    "You are Understudy, a small assistant.",
)


def training_tasks(seed: int) -> Iterator[Task]:
    """Yield training tasks without end; the same seed yields the same tasks."""
    rng = Random(seed)
    world = World.of(Split.TRAINING)
    families = list(FAMILIES.values())
    generators = [family.generate for family in families]
    cumulative = list(accumulate(family.weight for family in families))
    while True:
        generate = rng.choices(generators, cum_weights=cumulative)[0]
        yield _with_general_instruction(rng, generate(rng, world))


def evaluation_tasks(seed: int, per_family: int) -> list[Task]:
    """Return `per_family` tasks of every family, about entities that training never mentions."""
    world = World.of(Split.HELD_OUT)
    tasks: list[Task] = []
    for name, family in FAMILIES.items():
        rng = Random(f"{seed} {name}")
        tasks += [
            _with_general_instruction(rng, family.generate(rng, world)) for _ in range(per_family)
        ]
    return tasks


def _with_general_instruction(rng: Random, task: Task) -> Task:
    """Open some conversations with a system prompt that changes nothing about the answer."""
    if task.messages[0].role is Role.SYSTEM or rng.random() > 0.2:
        return task
    opening = system(rng.choice(_GENERAL_INSTRUCTIONS))
    return Task(
        family=task.family, messages=(opening, *task.messages), tools=task.tools, check=task.check
    )
