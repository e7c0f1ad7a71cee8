"""Answer with yes or no."""

from random import Random

from built_in_models import vocabulary
from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "yes_or_no"

_GROUPS = {
    "an animal": vocabulary.ANIMALS,
    "a color": vocabulary.COLORS,
    "a job": vocabulary.JOBS,
    "a day": vocabulary.WEEKDAYS,
    "a month": vocabulary.MONTHS,
    "a food": vocabulary.FOODS,
}


def generate(rng: Random, world: World) -> Task:
    """Return a question answered by `Yes.` or `No.`."""
    wanted = rng.random() < 0.5
    roll = rng.random()
    if roll < 0.25:
        group = rng.choice(list(_GROUPS))
        others = [name for name in _GROUPS if name != group]
        word = rng.choice(_GROUPS[group if wanted else rng.choice(others)])
        # An orange is a color here, and honey is never an animal.
        is_member = word in _GROUPS[group]
        question = rng.choice(("Is {w} {g}?", "Is the word {w} {g}?", "Yes or no: {w} is {g}."))
        return _answered(question.format(w=word, g=group), is_member)
    if roll < 0.5:
        items = world.entities(rng, rng.randint(2, 4))
        word = rng.choice(items) if wanted else world.word(rng)
        question = rng.choice(
            ("Is {w} in this list? {l}", "List: {l}. Is {w} in it?", "Does the list have {w}? {l}")
        )
        return _answered(question.format(w=word, l=", ".join(items)), word in items)
    if roll < 0.7:
        a, b = rng.sample(range(100), 2)
        question, answer = rng.choice(
            (
                ("Is {} more than {}?", a > b),
                ("Is {} larger than {}?", a > b),
                ("Is {} less than {}?", a < b),
                ("Is {} smaller than {}?", a < b),
            )
        )
        return _answered(question.format(a, b), answer)
    if roll < 0.85:
        a = world.entity(rng)
        b = a if wanted else world.entity(rng)
        question = rng.choice(
            (
                "Are these the same? {} and {}",
                "Is {} the same as {}?",
                "Same or not: {} / {}. Yes or no?",
            )
        )
        return _answered(question.format(a, b), a == b)
    name, other = world.names(rng, 2)
    fact, question = rng.choice(
        (
            ("{} is in {c}.", "Is {} in {c}?"),
            ("{} has a {t}.", "Does {} have a {t}?"),
            ("{} likes {w}.", "Does {} like {w}?"),
        )
    )
    words = {"c": world.city(rng), "t": rng.choice(vocabulary.THINGS), "w": world.word(rng)}
    asked = (
        dict(words)
        if wanted
        else {"c": world.city(rng), "t": rng.choice(vocabulary.THINGS), "w": world.word(rng)}
    )
    if words != asked and any(words[key] == asked[key] for key in words):
        asked = dict(words)
    noise = rng.choice(("", "", f" {other} is here too."))
    return _answered(
        f"{fact.format(name, **words)}{noise} {question.format(name, **asked)}", words == asked
    )


def _answered(question: str, is_so: bool) -> Task:
    return text_task(FAMILY, question, "Yes." if is_so else "No.")
