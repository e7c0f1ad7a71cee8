"""Pictures of a few colored things: which thing lies where, and how large it is."""

from dataclasses import dataclass
from random import Random

from built_in_models.pictures.drawing import COLORS, DIGITS, SHAPES, Canvas, Drawing
from built_in_models.world import Split, split_of

PLACES = (
    ("top left", "top", "top right"),
    ("left", "center", "right"),
    ("bottom left", "bottom", "bottom right"),
)
# Radii of things on the grid, whose cells are a third of the side.
_LARGE = (0.14, 0.165)
_SMALL = (0.095, 0.115)
_BACKGROUNDS = ("white",) * 6 + ("black", "gray", "yellow", "pink", "blue", "green")


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """One colored shape of a scene."""

    shape: str
    color: str
    is_large: bool
    place: str

    @property
    def name(self) -> str:
        """What it is called: `red circle`."""
        return f"{self.color} {self.shape}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What a picture shows."""

    background: str
    things: tuple[Thing, ...]
    drawing: Drawing


def kinds(split: Split) -> list[tuple[str, str]]:
    """Return the pairs of color and shape of a split: those held out are never drawn to learn."""
    return [(c, s) for c in COLORS for s in SHAPES if split_of(f"{c} {s}") is split]


def lone_thing(rng: Random, split: Split) -> Scene:
    """Draw one thing anywhere, of any size; its place is not asked for."""
    color, shape = rng.choice(kinds(split))
    background = _background(rng, {color})
    canvas = Canvas(rng, background)
    radius = rng.uniform(0.12, 0.42)
    center = rng.uniform(radius, 1 - radius), rng.uniform(radius, 1 - radius)
    canvas.shape(shape, color, center, radius)
    thing = Thing(shape=shape, color=color, is_large=radius > 0.25, place="")
    return Scene(background=background, things=(thing,), drawing=canvas.drawing())


def different_things(rng: Random, split: Split) -> Scene:
    """Draw one to four things on a grid of three by three, all of different colors and shapes."""
    count = rng.choice((1, 2, 2, 3, 3, 4))
    chosen: list[tuple[str, str]] = []
    for color, shape in rng.sample(kinds(split), len(kinds(split))):
        if all(color != other[0] and shape != other[1] for other in chosen):
            chosen.append((color, shape))
        if len(chosen) == count:
            break
    return _on_grid(rng, chosen)


def many_things(rng: Random, split: Split) -> Scene:
    """Draw one to six things of one or two kinds, to be counted."""
    of_split = kinds(split)
    pair = rng.sample(of_split, 2)
    count = rng.randint(1, 6)
    chosen = [rng.choice(pair[: rng.randint(1, 2)]) for _ in range(count)]
    return _on_grid(rng, chosen)


def _on_grid(rng: Random, chosen: list[tuple[str, str]]) -> Scene:
    background = _background(rng, {color for color, _ in chosen})
    canvas = Canvas(rng, background)
    things: list[Thing] = []
    for (color, shape), cell in zip(chosen, rng.sample(range(9), len(chosen)), strict=True):
        is_large = rng.random() < 0.5
        row, column = divmod(cell, 3)
        radius = rng.uniform(*_LARGE) if is_large else rng.uniform(*_SMALL)
        canvas.shape(shape, color, _inside(rng, row, column, radius), radius)
        place = PLACES[row][column]
        things.append(Thing(shape=shape, color=color, is_large=is_large, place=place))
    things.sort(key=_reading_order)
    return Scene(background=background, things=tuple(things), drawing=canvas.drawing())


def crowd(rng: Random) -> Drawing:
    """Draw a grid full of things and digits, from which the tower learns most for its pixels."""
    of_split = kinds(Split.TRAINING)
    background = _background(rng, set())
    canvas = Canvas(rng, background)
    for cell in range(9):
        row, column = divmod(cell, 3)
        roll = rng.random()
        color, shape = rng.choice([pair for pair in of_split if pair[0] != background])
        if roll < 0.7:
            radius = rng.uniform(_SMALL[0], _LARGE[1])
            canvas.shape(shape, color, _inside(rng, row, column, radius), radius)
        elif roll < 0.9:
            center = _inside(rng, row, column, 0.14)
            canvas.text(rng.choice(DIGITS), color, center, rng.uniform(0.2, 0.3))
    return canvas.drawing()


def _inside(rng: Random, row: int, column: int, radius: float) -> tuple[float, float]:
    """Return where a thing of that radius lies within its cell."""
    slack = max(0.0, 1 / 6 - radius)
    x, y = ((at + 0.5) / 3 + rng.uniform(-slack, slack) for at in (column, row))
    return x, y


def _reading_order(thing: Thing) -> int:
    return [place for row in PLACES for place in row].index(thing.place)


def _background(rng: Random, colors: set[str]) -> str:
    return rng.choice([color for color in _BACKGROUNDS if color not in colors])
