"""Answer a question about facts that the conversation itself gives."""

from random import Random

from built_in_models import draws
from built_in_models.draws import Draw
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "reading"

UNKNOWN = "I don't know."

# Each line: how the fact is told, and how it is asked for; {n} is the person, {v} the answer.
_FACTS: tuple[tuple[Draw, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        draws.city,
        ("{n} lives in {v}.", "{n} is from {v}.", "{n} moved to {v}."),
        ("Where is {n}?", "In which city is {n}?", "Which city belongs to {n}?"),
    ),
    (
        draws.thing,
        ("{n} has a {v}.", "{n} bought a {v}.", "{n} found a {v}."),
        ("What does {n} have?", "What thing has {n}?", "Which thing is with {n}?"),
    ),
    (
        draws.word,
        ("{n} drinks {v}.", "{n} sells {v}.", "{n} likes {v}."),
        ("What does {n} like?", "What is it for {n}?", "Which word goes with {n}?"),
    ),
    (
        draws.job,
        ("{n} is a {v}.", "{n} works as a {v}."),
        ("What is the job of {n}?", "What work does {n} do?"),
    ),
    (
        draws.color,
        ("{n} likes {v}.", "The hat of {n} is {v}.", "The car of {n} is {v}."),
        ("Which color goes with {n}?", "What color is it for {n}?"),
    ),
    (
        draws.code,
        ("{n} has number {v}.", "The code of {n} is {v}.", "{n}: {v}"),
        ("What is the code of {n}?", "Which number has {n}?", "Give me the number of {n}."),
    ),
    (
        draws.name,
        ("{n} met {v}.", "The friend of {n} is {v}.", "{n} called {v}."),
        ("Who is the friend of {n}?", "Whom does {n} know?"),
    ),
)
_REVERSED: dict[Draw, str] = {
    draws.city: "Who is in {v}?",
    draws.thing: "Who has the {v}?",
    draws.word: "Who goes with {v}?",
    draws.job: "Who is the {v}?",
    draws.code: "Who has {v}?",
}
_ORDERS = (
    "{facts} {q}",
    "{facts}\n{q}",
    "{q}\n{facts}",
    "Text: {facts}\nQuestion: {q}",
    "Read this: {facts}\n{q}",
)


def generate(rng: Random, world: World) -> Task:
    """Return a question that one of the facts answers; sometimes none does."""
    draw, told, asked = rng.choice(_FACTS)
    names = world.names(rng, rng.choice((1, 2, 2, 3, 4)))
    values = _different(rng, world, draw, len(names))
    sentence = rng.choice(told)
    facts = (" " if rng.random() < 0.7 else "\n").join(
        sentence.format(n=n, v=v) for n, v in zip(names, values, strict=True)
    )
    at = rng.randrange(len(names))
    roll = rng.random()
    if roll < 0.15:
        stranger = next(name for name in iter(lambda: world.name(rng), None) if name not in names)
        question, answer = rng.choice(asked).format(n=stranger), UNKNOWN
    elif roll < 0.35 and draw in _REVERSED:
        question, answer = _REVERSED[draw].format(v=values[at]), names[at]
    else:
        question, answer = rng.choice(asked).format(n=names[at]), values[at]
    if rng.random() < 0.2:
        return text_task(
            FAMILY,
            question,
            answer,
            instruction=rng.choice(("{}", "Facts: {}", "You know this: {}")).format(facts),
        )
    return text_task(FAMILY, rng.choice(_ORDERS).format(facts=facts, q=question), answer)


def _different(rng: Random, world: World, draw: Draw, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[draw(rng, world)] = None
    return list(found)
