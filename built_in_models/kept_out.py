"""Tasks of the families that pretraining never shows, for demos and for measuring fine-tuning."""

from collections.abc import Callable, Mapping
from random import Random

from built_in_models.families.kept_out import order_forms, persona, tickets, weather_calls
from built_in_models.task import Task
from built_in_models.world import Split, World

KEPT_OUT_FAMILIES: Mapping[str, Callable[[Random, World], Task]] = {
    order_forms.FAMILY: order_forms.generate,
    persona.FAMILY: persona.generate,
    tickets.FAMILY: tickets.generate,
    weather_calls.FAMILY: weather_calls.generate,
}


def kept_out_tasks(family: str, split: Split, seed: int, count: int) -> list[Task]:
    """Return `count` tasks with different answers; the two splits share no name or city."""
    rng = Random(f"{seed} {family} {split}")
    world = World.of(split)
    by_answer: dict[str, Task] = {}
    while len(by_answer) < count:
        task = KEPT_OUT_FAMILIES[family](rng, world)
        by_answer.setdefault(repr(task.reference), task)
    return list(by_answer.values())
