"""Write an order told in a sentence as nested JSON."""

import json
from random import Random

from built_in_models import vocabulary
from built_in_models.checks import SameJson
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "order_forms"

INSTRUCTION = "Fill in the order form."

_ORDERS = (
    "{n} from {c} orders {items}.",
    "Please send {items} to {n} in {c}.",
    "I am {n} and I live in {c}. I want {items}.",
    "{items} for {n}, {c}.",
)


def generate(rng: Random, world: World) -> Task:
    """Return an order of one or two products and its form."""
    name, city = world.name(rng), world.city(rng)
    items: list[tuple[int, str]] = []
    for _ in range(rng.choice((1, 2))):
        product = rng.choice(vocabulary.THINGS) if rng.random() < 0.6 else world.plain_word(rng)
        items.append((rng.randint(1, 20), product))
    spoken = " and ".join(f"{count} {product}" for count, product in items)
    form = {
        "customer": {"name": name, "city": city},
        "lines": [{"product": product, "count": count} for count, product in items],
    }
    answer = json.dumps(form, ensure_ascii=False)
    question = rng.choice(_ORDERS).format(n=name, c=city, items=spoken)
    check = SameJson(answer)
    return text_task(FAMILY, question, answer, instruction=INSTRUCTION, check=check)
