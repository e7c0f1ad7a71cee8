"""A student's own answers to optimizer steps, after what it reads and what its teacher reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from understudy.chat.rendering.renderer import RenderedExample
from understudy.planning.execution import Execution, Layout
from understudy.training.batching import MicroBatch, make_step


@dataclass(frozen=True, kw_only=True)
class TaughtPrompt:
    """A conversation that is to be answered, as each of the two reads it."""

    student: tuple[int, ...]
    teacher: tuple[int, ...]

    @property
    def longest(self) -> int:
        """Tokens of the longer one."""
        return max(len(self.student), len(self.teacher))


@dataclass(frozen=True)
class OwnAnswer:
    """What the student said, in the very tokens that were drawn."""

    prompt: TaughtPrompt
    ids: tuple[int, ...]
    """With the token that ended it; at least one."""


@dataclass(frozen=True)
class OwnBatch:
    """Answers laid end to end, as many as are computed at once."""

    student: MicroBatch
    teacher: MicroBatch
    """The same answers, after what the teacher reads."""

    def to(self, device: torch.device) -> "OwnBatch":
        """Return the batch where the models are."""
        return OwnBatch(self.student.to(device), self.teacher.to(device))


@dataclass(frozen=True)
class OwnStep:
    """All that one update of the weights is computed from."""

    number: int
    """Counted from 1."""
    micro_batches: tuple[OwnBatch, ...]
    denominator: float
    """Tokens of all answers."""
    answers: int


def make_own_step(
    answers: Sequence[OwnAnswer], number: int, execution: Execution, teacher_layout: Layout
) -> OwnStep:
    """Lay answers into one step's micro-batches, by the longer of the two conversations."""
    layouts = execution.layout, teacher_layout
    return OwnStep(
        number=number,
        micro_batches=tuple(
            _lay(group, layouts) for group in _groups(answers, execution.tokens_per_micro_batch)
        ),
        denominator=sum(len(answer.ids) for answer in answers),
        answers=len(answers),
    )


def _groups(answers: Sequence[OwnAnswer], tokens: int) -> Iterator[list[OwnAnswer]]:
    group: list[OwnAnswer] = []
    longest = 0
    for answer in answers:
        longest = max(longest, answer.prompt.longest + len(answer.ids))
        # As if filled up to the longest: that is what they take where they are not packed.
        if group and longest * (len(group) + 1) > tokens:
            yield group
            group, longest = [], answer.prompt.longest + len(answer.ids)
        group.append(answer)
    if group:
        yield group


def _lay(group: Sequence[OwnAnswer], layouts: tuple[Layout, Layout]) -> OwnBatch:
    read = [(answer.prompt.student, answer.prompt.teacher) for answer in group]
    laid = [
        _only([_example(pair[at], one.ids) for pair, one in zip(read, group, strict=True)], layout)
        for at, layout in enumerate(layouts)
    ]
    return OwnBatch(*laid)


def _example(prompt: Sequence[int], answer: Sequence[int]) -> RenderedExample:
    return RenderedExample([*prompt, *answer], [False] * len(prompt) + [True] * len(answer))


def _only(examples: Sequence[RenderedExample], layout: Layout) -> MicroBatch:
    longest = max(len(example.ids) for example in examples)
    (batch,) = make_step(examples, 0, longest * len(examples), layout).micro_batches
    return batch
