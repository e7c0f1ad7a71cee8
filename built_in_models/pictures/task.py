"""One conversation about drawn pictures, and how its answers are judged."""

from dataclasses import dataclass
from typing import NamedTuple

from built_in_models.pictures.drawing import Drawing


class Turn(NamedTuple):
    """A question and its right answer."""

    question: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureTask:
    """A conversation whose first turn shows its pictures; each of its answers is known."""

    family: str
    pictures: tuple[Drawing, ...]
    """They belong to the first question; none where the model shall say that it sees none."""
    turns: tuple[Turn, ...]
    instruction: str = ""
    """What the system turn says; without one there is no such turn."""
    is_picture_last: bool = False
    """Whether the first question stands before its pictures."""


def is_correct(expected: str, answer: str) -> bool:
    """Say whether an answer is the expected text, outer white space aside."""
    return answer.strip() == expected
