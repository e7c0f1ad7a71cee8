from random import Random

import numpy as np
import pytest

from built_in_models.pictures.drawing import COLORS, SHAPES, SIDE, Canvas, Mark


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_drawn_is_where_its_number_is(shape: str):
    for seed in range(6):
        canvas = Canvas(Random(seed), "white")
        canvas.shape(shape, "black", (0.5, 0.5), 0.4)
        drawing = canvas.drawing()
        pixels = np.asarray(drawing.image.convert("L"), dtype=int)
        numbers = np.asarray(drawing.numbers)

        assert drawing.marks == (Mark("white", "background"), Mark("black", shape))
        # Edges are mixed; all else is dark exactly where the thing is.
        agree = (pixels < 128) == (numbers == 1)
        assert agree.mean() > 0.97
        assert 0.05 < (numbers == 1).mean() < 0.6


def test_each_character_of_a_text_has_a_number_of_its_own():
    canvas = Canvas(Random(1), "white")
    canvas.text("37", "blue", (0.5, 0.5), 0.4)
    drawing = canvas.drawing()
    numbers = np.asarray(drawing.numbers)

    assert [mark.kind for mark in drawing.marks] == ["background", "3", "7"]
    left, right = (np.nonzero(numbers == number)[1].mean() for number in (1, 2))
    assert left < SIDE / 2 < right


def test_no_two_colors_share_a_shade():
    seen = {
        color: {Canvas(Random(seed), color).drawing().image.getpixel((0, 0)) for seed in range(40)}
        for color in COLORS
    }

    for color, shades in seen.items():
        others = set().union(*(seen[other] for other in COLORS if other != color))
        assert not shades & others


def test_the_same_seed_draws_the_same():
    one, two = (Canvas(Random(5), "gray") for _ in range(2))
    for canvas in (one, two):
        canvas.shape("star", "red", (0.3, 0.6), 0.2)

    assert one.drawing().image.tobytes() == two.drawing().image.tobytes()
