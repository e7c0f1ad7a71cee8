"""Questions about things: what they are, where, how large, how many, and whether they are there."""

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from built_in_models.pictures.drawing import COLORS, SHAPES
from built_in_models.pictures.scenes import (
    Scene,
    Thing,
    different_things,
    lone_thing,
    many_things,
)
from built_in_models.pictures.task import Turn
from built_in_models.world import Split

_WHOLE = ("in the picture", "in this picture", "in the image", "here")


class SceneFamily(NamedTuple):
    """Which scenes are drawn for a family, and what is asked about one."""

    draw: Callable[[Random, Split], Scene]
    ask: Callable[[Random, Scene], Turn]


def _color(rng: Random, scene: Scene) -> Turn:
    thing = rng.choice(scene.things)
    if len(scene.things) == 1 and rng.random() < 0.5:
        forms = ("What color is it?", "What color is the shape?", "Which color is this?")
        return Turn(rng.choice(forms), thing.color)
    forms = (
        "What color is the {s}?",
        "Which color does the {s} have?",
        "What is the color of the {s}?",
        "The {s} is which color?",
    )
    return Turn(rng.choice(forms).format(s=thing.shape), thing.color)


def _shape(rng: Random, scene: Scene) -> Turn:
    thing = rng.choice(scene.things)
    if len(scene.things) == 1 and rng.random() < 0.5:
        forms = ("What shape is it?", "Which shape is this?", "What shape is in the image?")
        return Turn(rng.choice(forms), thing.shape)
    forms = (
        "What shape is {c}?",
        "What is the {c} shape?",
        "Which shape is {c}?",
        "What shape does the {c} thing have?",
    )
    return Turn(rng.choice(forms).format(c=thing.color), thing.shape)


def _name(rng: Random, scene: Scene) -> Turn:
    forms = ("What is this?", "What do you see?", "What is {w}?", "What does the picture show?")
    if len(scene.things) == 1:
        question = rng.choice(forms).format(w=rng.choice(_WHOLE))
        return Turn(question, f"a {scene.things[0].name}")
    thing = rng.choice(scene.things)
    forms = ("What is at the {p}?", "What is in the {p}?", "Which thing is at the {p}?")
    return Turn(rng.choice(forms).format(p=thing.place), f"a {thing.name}")


def _place(rng: Random, scene: Scene) -> Turn:
    thing = rng.choice(scene.things)
    what = rng.choice((thing.shape, thing.name, f"{thing.color} shape", f"{thing.color} thing"))
    forms = ("Where is the {t}?", "Where is the {t} {w}?", "In which place is the {t}?")
    return Turn(rng.choice(forms).format(t=what, w=rng.choice(_WHOLE)), thing.place)


def _presence(rng: Random, scene: Scene) -> Turn:
    is_so = rng.random() < 0.5
    thing = rng.choice(scene.things)
    present = {t.color for t in scene.things}, {t.shape for t in scene.things}
    color = thing.color if is_so else rng.choice([c for c in COLORS if c not in present[0]])
    shape = thing.shape if is_so else rng.choice([s for s in SHAPES if s not in present[1]])
    what = rng.choice((shape, f"{color} shape", f"{color} thing"))
    forms = (
        "Is there a {t} {w}?",
        "Is there a {t}?",
        "Do you see a {t}?",
        "Does the image contain a {t}?",
        "Is a {t} present?",
    )
    question = rng.choice(forms).format(t=what, w=rng.choice(_WHOLE))
    return Turn(question, "Yes." if is_so else "No.")


def _size(rng: Random, scene: Scene) -> Turn:
    thing = rng.choice(scene.things)
    what = rng.choice((thing.shape, thing.name, f"{thing.color} thing"))
    forms = ("Is the {t} large or small?", "How large is the {t}?", "Large or small: the {t}?")
    answer = "large" if thing.is_large else "small"
    return Turn(rng.choice(forms).format(t=what), answer)


def _number(rng: Random, scene: Scene) -> Turn:
    forms = (
        "How many things are {w}?",
        "How many shapes are there?",
        "Count the things.",
        "How many things do you see?",
    )
    return Turn(rng.choice(forms).format(w=rng.choice(_WHOLE)), str(len(scene.things)))


def _description(rng: Random, scene: Scene) -> Turn:
    forms = ("Describe the picture.", "Describe this picture.", "Describe the image.")
    return Turn(rng.choice(forms), ", ".join(map(_described, scene.things)))


def _described(thing: Thing) -> str:
    size = "large" if thing.is_large else "small"
    return f"{thing.place}: a {size} {thing.name}"


def _background(rng: Random, scene: Scene) -> Turn:
    forms = ("What color is the background?", "Which color does the background have?")
    return Turn(rng.choice(forms), scene.background)


SCENE_FAMILIES: Mapping[str, SceneFamily] = {
    "one_color": SceneFamily(lone_thing, _color),
    "one_shape": SceneFamily(lone_thing, _shape),
    "one_name": SceneFamily(lone_thing, _name),
    "presence": SceneFamily(lone_thing, _presence),
    "background": SceneFamily(lone_thing, _background),
    "color_of_several": SceneFamily(different_things, _color),
    "shape_of_several": SceneFamily(different_things, _shape),
    "thing_at_place": SceneFamily(different_things, _name),
    "place": SceneFamily(different_things, _place),
    "presence_of_several": SceneFamily(different_things, _presence),
    "size": SceneFamily(different_things, _size),
    "description": SceneFamily(different_things, _description),
    "number": SceneFamily(many_things, _number),
}
"""What is asked about scenes, family by family."""
