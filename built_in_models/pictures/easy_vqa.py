"""Questions of somebody else's pictures: the test set of the package `easy-vqa`.

Source: Victor Zhou 2019, easy-VQA 1.0 on PyPI, MIT licence. Nothing of it was trained on, and
nothing of it is shipped.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from built_in_models.pictures.drawing import SIDE, Drawing
from built_in_models.pictures.task import PictureTask, Turn

FAMILY = "easy_vqa"


def easy_vqa_tasks(data: Path, count: int) -> list[PictureTask]:
    """Return the first `count` questions of a copy of the package's folder `data`."""
    folder = data / "test"
    rows = json.loads((folder / "questions.json").read_text(encoding="utf-8"))[:count]
    return [
        PictureTask(
            family=FAMILY,
            pictures=(_drawing(folder / "images" / f"{number}.png"),),
            turns=(Turn(question.capitalize(), answer),),
        )
        for question, answer, number in rows
    ]


def right_answers(tasks: Sequence[PictureTask], answers: Sequence[str]) -> int:
    """Count the right answers; theirs are written without capitals and periods."""
    return sum(
        answer.strip().rstrip(".").casefold() == task.turns[0].answer
        for task, answer in zip(tasks, answers, strict=True)
    )


def _drawing(path: Path) -> Drawing:
    with Image.open(path) as image:
        return Drawing(
            image=image.convert("RGB").resize((SIDE, SIDE)),
            marks=(),
            numbers=Image.new("L", (SIDE, SIDE)),
        )
