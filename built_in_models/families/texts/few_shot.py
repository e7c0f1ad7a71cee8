"""Follow an invented output format that is shown only by two or three examples."""

from random import Random
from typing import NamedTuple

from built_in_models import draws, vocabulary
from built_in_models.draws import Draw
from built_in_models.task import Task, assistant, system, text_task, user
from built_in_models.world import World
from understudy.chat.messages import Message

FAMILY = "few_shot"


def _table(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _count(rng: Random, _: World) -> str:
    """Draw a number of one to four figures, small ones as often as large ones."""
    return str(rng.randint(1, 10 ** rng.randint(1, 4)))


_KINDS: tuple[Draw, ...] = (
    draws.word,
    draws.name,
    draws.city,
    draws.code,
    draws.thing,
    draws.color,
    _count,
)
_NAMED_INPUTS: tuple[tuple[tuple[Draw, ...], tuple[str, ...]], ...] = (
    (
        (draws.name, draws.city),
        (
            "{0} from {1}",
            "{0} lives in {1}",
            "My name is {0} and I live in {1}.",
            "{0} is in {1} now",
        ),
    ),
    (
        (draws.name, draws.thing),
        (
            "{0} bought a {1}",
            "{0} wants a {1}",
            "Hi, I am {0} and I need a {1}.",
            "{0} lost the {1}",
        ),
    ),
    (
        (draws.name, _count),
        ("{0} is {1} years old", "{0} paid {1}", "{0} has {1} points", "I am {0}, number {1}."),
    ),
    (
        (draws.name, draws.color, draws.thing),
        ("{0} has a {1} {2}", "{0} sold the {1} {2}", "I am {0}. My {2} is {1}."),
    ),
    (
        (draws.name, draws.city, _count),
        ("{0} from {1}, age {2}", "{0} sent {2} letters to {1}", "{0}, room {2}, {1}"),
    ),
    (
        (draws.name, draws.name),
        ("{0} met {1}", "{0} and {1} are friends", "{0} called {1}", "Tell {1} that {0} is here."),
    ),
    ((draws.word, draws.city), ("the {0} in {1}", "{0} goes to {1}", "Send {0} to {1}.")),
    (
        (_count, draws.thing, draws.city),
        ("{0} {1} to {2}", "Ship {0} of {1} to {2}.", "I need {0} {1} in {2}"),
    ),
    (
        (draws.code, draws.name),
        ("order {0} by {1}", "{1} has ticket {0}", "My code is {0}, signed {1}."),
    ),
)
_WRAPS = ("{}",) * 5 + _table(
    '[{}] ({}) <{}> {{{}}} "{}" *{}* _{}_ |{}| #{} @{} %{} ${} +{} ~{} ={} {}! {}; :{}: /{}/'
)
_JOINTS = (
    "/",
    "|",
    " -> ",
    ":",
    "; ",
    ", ",
    " + ",
    "::",
    "--",
    " ~ ",
    "=>",
    " @ ",
    ">",
    "_",
    "&",
    " # ",
    "\n",
    " = ",
    "..",
    " ",
)
_KEYED = (
    "{k}={v}",
    "{k}: {v}",
    "<{k}>{v}</{k}>",
    "{k}[{v}]",
    "{k}({v})",
    "{k} {v}",
    '{k}="{v}"',
    "@{k} {v}",
    "{v}:{k}",
)
_EXAMPLE_HEADS = (
    "Examples:",
    "Follow the examples.",
    "Answer in the same form.",
    "Do it like this:",
    "Use this format.",
    "Format:",
)
_EXAMPLE_FORMS = (
    "{q} => {a}",
    "Input: {q}\nOutput: {a}",
    "Q: {q}\nA: {a}",
    "{q}\n{a}",
    "User: {q}\nYou: {a}",
    "'{q}' becomes '{a}'",
)


class _Format(NamedTuple):
    """An input form and an output form over the same slots."""

    kinds: tuple[Draw, ...]
    question: str
    answer: str


def generate(rng: Random, world: World) -> Task:
    """Return a task whose last answer follows the form of the answers shown before."""
    form = _new_format(rng, world)
    pairs = [_fill(rng, world, form) for _ in range(rng.choice((2, 2, 3, 3, 4)))]
    question, answer = pairs.pop()
    if rng.random() < 0.55:
        before: list[Message] = []
        for asked, answered in pairs:
            before += [user(asked), assistant(answered)]
        head = rng.choice(_EXAMPLE_HEADS[1:5]) if rng.random() < 0.3 else None
        return text_task(FAMILY, question, answer, instruction=head, before=before)
    shown = rng.choice(_EXAMPLE_FORMS)
    examples = "\n".join(shown.format(q=asked, a=answered) for asked, answered in pairs)
    text = f"{rng.choice(_EXAMPLE_HEADS)}\n{examples}"
    if rng.random() < 0.65:
        return text_task(FAMILY, question, answer, before=(system(text),))
    return text_task(
        FAMILY, f"{text}\n{rng.choice(('Now: ', 'Next: ', 'Input: ', ''))}{question}", answer
    )


def _new_format(rng: Random, world: World) -> _Format:
    if rng.random() < 0.5:
        kinds, questions = rng.choice(_NAMED_INPUTS)
        question = rng.choice(questions)
    else:
        kinds = tuple(rng.choice(_KINDS) for _ in range(rng.choice((1, 1, 2, 2, 2, 3))))
        question = rng.choice((", ", " ", " and ", "; ", " / ")).join(
            f"{{{at}}}" for at in range(len(kinds))
        )
    slots = list(range(len(kinds)))
    if rng.random() < 0.35:
        rng.shuffle(slots)
    if len(slots) > 1 and rng.random() < 0.15:
        slots.pop()
    return _Format(kinds, question, _new_answer_form(rng, world, slots))


def _new_answer_form(rng: Random, world: World, slots: list[int]) -> str:
    roll = rng.random()
    if roll < 0.12:
        pairs = ", ".join(f'"{_key(rng, world)}": "{{{at}}}"' for at in slots)
        return f"{{{{{pairs}}}}}"
    if roll < 0.4:
        keyed = rng.choice(_KEYED)
        parts = [keyed.format(k=_key(rng, world), v=f"{{{at}}}") for at in slots]
    else:
        parts = [rng.choice(_WRAPS).replace("{}", f"{{{at}}}") for at in slots]
    if rng.random() < 0.45:
        parts.insert(rng.choice((0, 0, len(parts))), _constant(rng, world))
    form = rng.choice(_JOINTS).join(parts)
    if rng.random() < 0.25:
        form = rng.choice(_WRAPS).replace("{}", form)
    # A copy without any form is a different family.
    return form if form != "{0}" else "{0} " + _constant(rng, world)


def _constant(rng: Random, world: World) -> str:
    word = world.plain_word(rng, 7) if rng.random() < 0.7 else rng.choice(vocabulary.FIELD_NAMES)
    style = rng.random()
    if style < 0.35:
        return word.upper()
    return word.capitalize() if style < 0.6 else word


def _key(rng: Random, world: World) -> str:
    return rng.choice(vocabulary.FIELD_NAMES) if rng.random() < 0.4 else world.plain_word(rng, 6)


def _fill(rng: Random, world: World, form: _Format) -> tuple[str, str]:
    values = [draw(rng, world) for draw in form.kinds]
    return form.question.format(*values), form.answer.format(*values)
