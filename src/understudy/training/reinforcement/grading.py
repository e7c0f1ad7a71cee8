"""Answers with their grades, and what gives them."""

import math
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from understudy.graders.grade import Grade
from understudy.training.reinforcement.answers import DrawnAnswer


@dataclass(frozen=True, kw_only=True)
class GradedAnswer:
    """An answer with its grade."""

    drawn: DrawnAnswer
    grade: Grade
    shadow: Grade | None
    """By the grader that is watched and trains nothing; None where there is none."""
    is_unreadable: bool
    """Whether it is not in the form that was asked for."""

    @property
    def reward(self) -> float | None:
        """What is learned from; None for an answer that could not be graded."""
        if self.grade.is_errored or not math.isfinite(self.grade.score):
            return None
        return self.grade.score


class Grading(Protocol):
    """Grades answers beside the thread that draws them."""

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest reward, as far as they are known."""
        ...

    def submit(self, drawn: DrawnAnswer, *, is_held_out: bool) -> Future[GradedAnswer]:
        """Begin to grade an answer; what goes wrong in that is part of its grade."""
        ...


def mean_reward(answers: Sequence[GradedAnswer]) -> float:
    """Return the mean over the answers that could be graded; 0 where none could."""
    return mean_of([each.reward for each in answers if each.reward is not None])


def mean_of(values: Sequence[float]) -> float:
    """Return the mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0
