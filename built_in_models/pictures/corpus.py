"""The endless stream of conversations about pictures, and the fixed list that measures."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from built_in_models.pictures.drawing import Drawing
from built_in_models.pictures.scene_questions import SCENE_FAMILIES, SceneFamily
from built_in_models.pictures.scenes import crowd, different_things, lone_thing, many_things
from built_in_models.pictures.signs_and_charts import CHART_FAMILIES, chart, sign
from built_in_models.pictures.task import PictureTask, Turn
from built_in_models.world import Split

READING = "reading_signs"
SECOND_PICTURE = "second_picture"
NO_PICTURE = "no_picture"
NOTHING_SEEN = "I do not see a picture."
FAMILIES = (*SCENE_FAMILIES, READING, *CHART_FAMILIES, SECOND_PICTURE, NO_PICTURE)
"""Every family that the held-out questions measure."""

_MAX_TURNS = 4
_INSTRUCTIONS = (
    "You are a helpful assistant.",
    "Answer briefly.",
    "Answer the question about the picture.",
    "Look at the image and answer.",
)
_SCENES = (lone_thing, different_things, different_things, many_things)


def training_conversations(seed: int) -> Iterator[PictureTask]:
    """Yield conversations to learn from without end; the same seed yields the same.

    One picture is asked about several times: its pixels cost more than a question does.
    """
    rng = Random(seed)
    manners = Random(f"{seed} manners")
    while True:
        yield _in_some_manner(manners, _conversation(rng))


def tower_drawings(seed: int) -> Iterator[Drawing]:
    """Yield pictures for the tower without end; none shows what is held out."""
    rng = Random(seed)
    while True:
        roll = rng.random()
        if roll < 0.55:
            yield crowd(rng)
        elif roll < 0.75:
            yield lone_thing(rng, Split.TRAINING).drawing
        elif roll < 0.95:
            yield sign(rng, Split.TRAINING)[0]
        else:
            yield chart(rng, Split.TRAINING)[0]


def evaluation_conversations(seed: int, per_family: int) -> list[PictureTask]:
    """Return single questions, `per_family` of each, about what no training picture shows."""
    tasks: list[PictureTask] = []
    for family in FAMILIES:
        rng = Random(f"{seed} {family}")
        tasks += [_in_some_manner(rng, _held_out(rng, family)) for _ in range(per_family)]
    return tasks


def _in_some_manner(rng: Random, task: PictureTask) -> PictureTask:
    """Show the pictures before or after the question, and sometimes say how to answer."""
    return replace(
        task,
        is_picture_last=rng.random() < 0.5,
        instruction=rng.choice(_INSTRUCTIONS) if rng.random() < 0.2 else "",
    )


def _conversation(rng: Random) -> PictureTask:
    roll = rng.random()
    if roll < 0.68:
        return _about_a_scene(rng)
    if roll < 0.8:
        picture, turn = sign(rng, Split.TRAINING)
        return PictureTask(family=READING, pictures=(picture,), turns=(turn,))
    if roll < 0.92:
        picture, turns = chart(rng, Split.TRAINING)
        asked = tuple(rng.sample(turns, rng.randint(2, len(turns))))
        return PictureTask(family="charts", pictures=(picture,), turns=asked)
    return _second_picture(rng, Split.TRAINING) if roll < 0.98 else _no_picture(rng)


def _about_a_scene(rng: Random) -> PictureTask:
    draw = rng.choice(_SCENES)
    families = [family for family in SCENE_FAMILIES.values() if family.draw is draw]
    if draw is many_things:
        families.append(SCENE_FAMILIES["background"])
    scene = draw(rng, Split.TRAINING)
    asked = rng.sample(families, min(len(families), rng.randint(1, _MAX_TURNS)))
    turns = tuple(family.ask(rng, scene) for family in asked)
    return PictureTask(family="scenes", pictures=(scene.drawing,), turns=turns)


def _second_picture(rng: Random, split: Split) -> PictureTask:
    scenes = [lone_thing(rng, split) for _ in range(2)]
    ordinals = ["first", "second"]
    rng.shuffle(ordinals)
    turns = tuple(
        Turn(
            f"What is in the {ordinal} picture?",
            f"a {scenes[ordinal == 'second'].things[0].name}",
        )
        for ordinal in ordinals
    )
    pictures = tuple(scene.drawing for scene in scenes)
    return PictureTask(family=SECOND_PICTURE, pictures=pictures, turns=turns)


def _no_picture(rng: Random) -> PictureTask:
    family: SceneFamily = rng.choice(list(SCENE_FAMILIES.values()))
    question = family.ask(rng, family.draw(rng, Split.TRAINING)).question
    return PictureTask(family=NO_PICTURE, pictures=(), turns=(Turn(question, NOTHING_SEEN),))


def _held_out(rng: Random, family: str) -> PictureTask:
    if family in SCENE_FAMILIES:
        scene = SCENE_FAMILIES[family].draw(rng, Split.HELD_OUT)
        turn = SCENE_FAMILIES[family].ask(rng, scene)
        return PictureTask(family=family, pictures=(scene.drawing,), turns=(turn,))
    if family == READING:
        picture, turn = sign(rng, Split.HELD_OUT)
        return PictureTask(family=family, pictures=(picture,), turns=(turn,))
    if family in CHART_FAMILIES:
        picture, turns = chart(rng, Split.HELD_OUT)
        turn = turns[CHART_FAMILIES[family]]
        return PictureTask(family=family, pictures=(picture,), turns=(turn,))
    if family == SECOND_PICTURE:
        task = _second_picture(rng, Split.HELD_OUT)
        return PictureTask(family=family, pictures=task.pictures, turns=task.turns[:1])
    return _no_picture(rng)
