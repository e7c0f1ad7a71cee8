"""Pictures to be read: a number on a sign, and charts of colored bars."""

from collections.abc import Mapping
from random import Random

from built_in_models.pictures.drawing import COLORS, DIGITS, Canvas, Drawing
from built_in_models.pictures.task import Turn
from built_in_models.world import Split, split_of

_PAPER = ("white", "white", "yellow", "black")


def sign(rng: Random, split: Split) -> tuple[Drawing, Turn]:
    """Draw a number of one to three digits; held out are those that no training picture shows."""
    while True:
        length = rng.choice((1, 2, 2, 3)) if split is Split.TRAINING else rng.choice((2, 3))
        text = "".join(rng.choice(DIGITS) for _ in range(length))
        # Every single digit is for learning: only its company can be new.
        if length == 1 or split_of(text) is split:
            break
    paper = rng.choice(_PAPER)
    ink = rng.choice([c for c in COLORS if c not in {paper, "white", "yellow", "pink"}])
    if paper == "black":
        ink = rng.choice(("white", "yellow", "pink", "orange"))
    canvas = Canvas(rng, paper)
    height = rng.uniform(0.26, 0.4) if length > 1 else rng.uniform(0.3, 0.6)
    height = min(height, 0.9 / length)
    center = 0.5 + rng.uniform(-0.05, 0.05), 0.5 + rng.uniform(-0.2, 0.2)
    canvas.text(text, ink, center, height)
    forms = ("What does it say?", "Read the number.", "What number is it?", "Which number is this?")
    return canvas.drawing(), Turn(rng.choice(forms), text)


def chart(rng: Random, split: Split) -> tuple[Drawing, tuple[Turn, ...]]:
    """Draw two to four bars of different heights; held out are rows of colors."""
    while True:
        count = rng.randint(2, 4)
        colors = rng.sample([color for color in COLORS if color != "white"], count)
        if split_of(" ".join(colors)) is split:
            break
    heights = rng.sample((0.15, 0.3, 0.45, 0.6, 0.75), count)
    canvas = Canvas(rng, "white")
    width = 0.9 / count
    for index, (color, height) in enumerate(zip(colors, heights, strict=True)):
        left = 0.05 + index * width
        canvas.bar(color, left, left + width * rng.uniform(0.6, 0.85), 0.95 - height, 0.95)
    order = sorted(range(count), key=heights.__getitem__)
    first, second = rng.sample(range(count), 2)
    is_taller = heights[first] > heights[second]
    turns = (
        Turn(
            rng.choice(("Which bar is the tallest?", "What color is the tallest bar?")),
            colors[order[-1]],
        ),
        Turn(
            rng.choice(("Which bar is the shortest?", "What color is the shortest bar?")),
            colors[order[0]],
        ),
        Turn("How many bars are there?", str(count)),
        Turn(
            f"Is the {colors[first]} bar taller than the {colors[second]} bar?",
            "Yes." if is_taller else "No.",
        ),
        Turn("Name the colors of the bars from left to right.", ", ".join(colors)),
    )
    return canvas.drawing(), turns


CHART_FAMILIES: Mapping[str, int] = {
    "tallest_bar": 0,
    "shortest_bar": 1,
    "number_of_bars": 2,
    "taller_bar": 3,
    "bars_in_order": 4,
}
"""What is asked about charts, by the place of its turn."""
