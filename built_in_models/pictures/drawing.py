"""How a picture is drawn: colored outlines on a canvas, finer than the picture and then reduced."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

SIDE = 64
"""Pixels of a picture's side, as the model sees it."""

BACKGROUND = "background"
BAR = "bar"

Color = tuple[int, int, int]
Point = tuple[float, float]

# Between which two colors each lies: programs and people mean many shades by one name.
_SHADES: Mapping[str, tuple[Color, Color]] = {
    "red": ((205, 20, 20), (255, 50, 50)),
    "green": ((20, 120, 30), (30, 255, 40)),
    "blue": ((15, 15, 180), (60, 100, 255)),
    "yellow": ((225, 200, 10), (255, 255, 60)),
    "black": ((0, 0, 0), (30, 30, 30)),
    "white": ((235, 235, 235), (255, 255, 255)),
    "brown": ((100, 55, 20), (160, 50, 45)),
    "pink": ((245, 130, 180), (255, 190, 205)),
    "gray": ((110, 110, 110), (155, 155, 155)),
    "orange": ((235, 120, 20), (255, 165, 10)),
    "purple": ((110, 10, 130), (160, 70, 200)),
    "teal": ((0, 120, 120), (20, 150, 145)),
}
COLORS = tuple(_SHADES)
_JITTER = 10
_FINENESS = (1, 2, 4)


class Mark(NamedTuple):
    """What a part of a picture is: its color, and a shape, a character or the background."""

    color: str
    kind: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture, and of each of its pixels to what it belongs."""

    image: Image.Image
    marks: tuple[Mark, ...]
    """What was drawn, the background first."""
    numbers: Image.Image
    """As large as the picture; each pixel is the place of its mark in `marks`."""


class Canvas:
    """A square on which things are drawn in fractions of its side; `drawing` is what comes out."""

    def __init__(self, rng: Random, background: str) -> None:
        self._rng = rng
        # Some pictures have rough edges, as those of other programs may have.
        self._side = SIDE * rng.choice(_FINENESS)
        self._paper = self._shade(background)
        self._image = Image.new("RGB", (self._side, self._side), self._paper)
        self._draw = ImageDraw.Draw(self._image)
        self._numbers = Image.new("L", (self._side, self._side))
        self._draw_number = ImageDraw.Draw(self._numbers)
        self._draw_number.fontmode = "1"  # a pixel belongs to one thing, never between two
        self._marks = [Mark(background, BACKGROUND)]

    def shape(self, shape: str, color: str, center: Point, radius: float) -> None:
        """Draw one of `SHAPES`; `radius` reaches from the center to its farthest point."""
        fill, number = self._next(color, shape)
        x, y, r = (value * self._side for value in (*center, radius))
        outline = _OUTLINES[shape](self._rng) if shape in _OUTLINES else ()
        points = [(x + r * dx, y + r * dy) for dx, dy in outline]
        for draw, ink, paper in (
            (self._draw, fill, self._paper),
            (self._draw_number, number, 0),
        ):
            if points:
                draw.polygon(points, fill=ink)
                continue
            draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)
            if shape == "ring":
                hole = r * 0.55
                draw.ellipse((x - hole, y - hole, x + hole, y + hole), fill=paper)

    def bar(self, color: str, left: float, right: float, top: float, bottom: float) -> None:
        """Draw an upright bar."""
        fill, number = self._next(color, BAR)
        first, second, third, fourth = (
            round(value * self._side) for value in (left, top, right, bottom)
        )
        box = (first, second, third, fourth)
        self._draw.rectangle(box, fill=fill)
        self._draw_number.rectangle(box, fill=number)

    def text(self, text: str, color: str, center: Point, height: float) -> None:
        """Write a short text; `height` is that of its capitals, about."""
        font = ImageFont.load_default(size=height * self._side * 1.35)
        x, y = (value * self._side for value in center)
        x -= font.getlength(text) / 2
        fill = self._shade(color)
        for index, character in enumerate(text):
            _, number = self._next(color, character)
            at = x + font.getlength(text[:index]), y
            self._draw.text(at, character, fill=fill, font=font, anchor="lm")
            self._draw_number.text(at, character, fill=number, font=font, anchor="lm")

    def drawing(self) -> Drawing:
        """Return what was drawn, at the size that the model sees."""
        image = self._image.reduce(self._side // SIDE)
        numbers = self._numbers.resize((SIDE, SIDE), Image.Resampling.NEAREST)
        return Drawing(image=image, marks=tuple(self._marks), numbers=numbers)

    def _next(self, color: str, kind: str) -> tuple[Color, int]:
        """Return the color and the number that the next thing is drawn with."""
        self._marks.append(Mark(color, kind))
        return self._shade(color), len(self._marks) - 1

    def _shade(self, color: str) -> Color:
        """Return one of the colors of that name."""
        low, high = _SHADES[color]
        share = self._rng.random()
        red, green, blue = (
            min(255, max(0, round(a + (b - a) * share) + self._rng.randint(-_JITTER, _JITTER)))
            for a, b in zip(low, high, strict=True)
        )
        return red, green, blue


def _regular(corners: int, *, turned: float = 0.0) -> list[Point]:
    angles = [2 * math.pi * corner / corners + turned - math.pi / 2 for corner in range(corners)]
    return [(math.cos(angle), math.sin(angle)) for angle in angles]


def _square(rng: Random) -> Sequence[Point]:
    return _regular(4, turned=math.pi / 4 + rng.uniform(-0.06, 0.06))


def _diamond(rng: Random) -> Sequence[Point]:
    return [(x * 0.7, y) for x, y in _regular(4, turned=rng.uniform(-0.06, 0.06))]


def _triangle(rng: Random) -> Sequence[Point]:
    turned = rng.choice((0.0, 0.0, math.pi, rng.uniform(0, 2 * math.pi)))
    return _regular(3, turned=turned + rng.uniform(-0.1, 0.1))


def _rectangle(rng: Random) -> Sequence[Point]:
    narrow = rng.uniform(0.35, 0.6)
    wide = math.sqrt(1 - narrow * narrow)
    x, y = rng.choice(((wide, narrow), (narrow, wide)))
    return [(-x, -y), (x, -y), (x, y), (-x, y)]


def _star(rng: Random) -> Sequence[Point]:
    turned = rng.uniform(-0.15, 0.15)
    outer, inner = _regular(5, turned=turned), _regular(5, turned=turned + math.pi / 5)
    points: list[Point] = []
    for (x, y), (inner_x, inner_y) in zip(outer, inner, strict=True):
        points += [(x, y), (inner_x * 0.42, inner_y * 0.42)]
    return points


def _cross(rng: Random) -> Sequence[Point]:
    w = rng.uniform(0.26, 0.36)
    quarter = [(-w, -1.0), (w, -1.0), (w, -w)]
    points: list[Point] = []
    for _ in range(4):
        points += quarter
        quarter = [(-y, x) for x, y in quarter]
    return points


_OUTLINES: Mapping[str, Callable[[Random], Sequence[Point]]] = {
    "square": _square,
    "rectangle": _rectangle,
    "triangle": _triangle,
    "diamond": _diamond,
    "star": _star,
    "cross": _cross,
}
SHAPES = ("circle", "ring", *_OUTLINES)
DIGITS = "0123456789"
KINDS = (BACKGROUND, BAR, *SHAPES, *DIGITS)
"""What a part of a picture can be."""
