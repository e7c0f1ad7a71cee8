"""Copy unseen words: repeat, quote, wrap, pick one out of a list."""

from random import Random

from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "copying"

_REPEAT = (
    *(
        "Repeat: {}",
        "Repeat after me: {}",
        "Say {}.",
        'Say "{}".',
        "Please write {}",
        "Copy this: {}",
        "Echo {}",
    ),
    *(
        "Type exactly: {}",
        "Write the word {}.",
        "Can you say {}?",
        "Print {}",
        "Just answer with {}",
        "Copy: {}",
    ),
    *(
        "{}\nRepeat the line above.",
        "Write this down: {}",
        "Say the following: {}",
        "Answer with this text: {}",
    ),
    *(
        'Repeat "{}"',
        "Repeat the word {} please.",
        "I want you to say {}.",
        "Your answer must be {}",
        "Text: {}\nCopy it.",
    ),
    *(
        "What did I say? I said {}.",
        'What is in the quotes? "{}"',
        "Read this back to me: {}",
        "Say it: {}",
    ),
    *(
        "The word is {}. What is the word?",
        "The secret is {}. Tell me the secret.",
        "Here is a text: {}. Repeat it.",
    ),
    *(
        "Write {} and nothing else.",
        "Only say {}.",
        "Reply with {}",
        "Respond with: {}",
        "Please repeat {} for me.",
    ),
    *(
        "The code word is {}. Say it.",
        "Say this back: {}",
        "{} - please repeat.",
        "Output {}",
        "Give me back {}",
    ),
)
_WRAP = (
    ("Put {} in quotes.", '"{}"'),
    ("Write {} in brackets.", "[{}]"),
    ("Put ( ) around {}.", "({})"),
    ("Put stars around {}.", "*{}*"),
    ("Say {} twice.", "{0} {0}"),
    ("Write {} three times.", "{0} {0} {0}"),
    ("Repeat {} two times.", "{0} {0}"),
    ("Make {} a hashtag.", "#{}"),
    ("Write {} with a dot at the end.", "{}."),
    ("Shout {}!", "{}!"),
    ("Ask {} as a question.", "{}?"),
    ("Put a dash before {}.", "-{}"),
    ("Put {} in a tag.", "<{}>"),
    ("Write {} as a list item.", "- {}"),
)
_JOIN = (
    ("Write {} and then {}.", "{} {}"),
    ("First say {}, then say {}.", "{} {}"),
    ("Join {} and {} with a plus.", "{}+{}"),
    ("Join {} and {} with a slash.", "{}/{}"),
    ("Join {} and {} with a dash.", "{}-{}"),
    ("Put a comma between {} and {}.", "{}, {}"),
    ("Write {} in front of {}.", "{} {}"),
    ("Write {} after {}.", "{1} {0}"),
    ("Swap these: {}, {}", "{1}, {0}"),
    ("Turn around: {} / {}", "{1} / {0}"),
    ("Connect {} to {} with an arrow.", "{} -> {}"),
    ("Write {} equals {}.", "{}={}"),
    ("Make a pair of {} and {}.", "({}, {})"),
    ("Write {} and {} on two lines.", "{}\n{}"),
)
_LISTS = (
    "{}\nWhat is the {} word?",
    "Here is a list: {}. What is the {} one?",
    "What is the {} item in this list? {}",
)
_POSITIONS = ("first", "second", "third", "fourth", "fifth")
_NEIGHBOURS = (
    ("List: {list}. What comes after {a}?", 1),
    ("{list}\nWhich word is after {a}?", 1),
    ("What follows {a} in this list: {list}", 1),
    ("List: {list}. What comes before {a}?", -1),
    ("{list}\nWhich word is right before {a}?", -1),
)
_BETWEEN = (
    ("(", ")", "brackets"),
    ("<", ">", "angle brackets"),
    ("[", "]", "square brackets"),
    ('"', '"', "quotes"),
)
_SEPARATORS = (", ", ", ", ", ", " / ", "\n", "; ", " - ", " | ", " ")


def generate(rng: Random, world: World) -> Task:
    """Return a task answered by words of the question."""
    roll = rng.random()
    if roll < 0.42:
        question, answer = _repeat(rng, world)
    elif roll < 0.54:
        template, form = rng.choice(_WRAP)
        entity = world.entity(rng)
        question, answer = template.format(entity), form.format(entity)
    elif roll < 0.68:
        template, form = rng.choice(_JOIN)
        pair = world.entities(rng, 2)
        question, answer = template.format(*pair), form.format(*pair)
    elif roll < 0.82:
        question, answer = _pick(rng, world)
    elif roll < 0.9:
        question, answer = _neighbour(rng, world)
    else:
        question, answer = _inside(rng, world)
    return text_task(FAMILY, question, answer)


def _repeat(rng: Random, world: World) -> tuple[str, str]:
    text = world.entity(rng)
    if rng.random() < 0.35:
        text = " ".join(world.word(rng) for _ in range(rng.randint(2, 5)))
    return rng.choice(_REPEAT).format(text), text


def _pick(rng: Random, world: World) -> tuple[str, str]:
    items = _list_items(rng, world)
    at = rng.randrange(len(items))
    position = "last" if at == len(items) - 1 else _POSITIONS[at]
    template = rng.choice(_LISTS)
    joined = rng.choice(_SEPARATORS[:-1]).join(items)
    if template.startswith("What"):
        return template.format(position, joined), items[at]
    return template.format(joined, position), items[at]


def _neighbour(rng: Random, world: World) -> tuple[str, str]:
    items = _list_items(rng, world)
    template, step = rng.choice(_NEIGHBOURS)
    at = rng.randrange(len(items) - 1)
    asked, answer = (at, at + 1) if step == 1 else (at + 1, at)
    joined = rng.choice(_SEPARATORS[:-1]).join(items)
    return template.format(list=joined, a=items[asked]), items[answer]


def _inside(rng: Random, world: World) -> tuple[str, str]:
    items = [world.word(rng) for _ in range(rng.randint(3, 5))]
    at = rng.randrange(len(items))
    left, right, name = rng.choice(_BETWEEN)
    text = " ".join(
        f"{left}{item}{right}" if here == at else item for here, item in enumerate(items)
    )
    question = rng.choice(
        ("{}\nWhat is in the {}?", "Find the word in {1}: {0}", "{}\nWhich word is in {}?")
    )
    return question.format(text, name), items[at]


def _list_items(rng: Random, world: World) -> list[str]:
    count = rng.randint(2, 5)
    if rng.random() < 0.3:
        return world.names(rng, count)
    return world.entities(rng, count)
