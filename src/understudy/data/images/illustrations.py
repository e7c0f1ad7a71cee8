"""The images of a file: how many there are, and which examples show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample, images_of, is_illustrated
from understudy.data.report.line_numbers import Lines, lines_of


@dataclass(frozen=True, kw_only=True)
class Illustrations:
    """Images that a job would show to the model."""

    images: int
    examples: Lines
    """Examples with images."""
    unseen: Lines
    """Examples with images that a job reads first: their tokens are not counted."""


def count_illustrations(examples: Sequence[ChatExample]) -> Illustrations:
    """Count the images of all examples."""
    return Illustrations(
        images=sum(len(images_of(one.messages)) + len(one.unseen) for one in examples),
        examples=lines_of(one.line for one in examples if is_illustrated(one)),
        unseen=lines_of(one.line for one in examples if one.unseen),
    )
