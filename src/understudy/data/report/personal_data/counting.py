"""How often each kind of personal data seems to occur, and in which lines."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import Lines, lines_of
from understudy.data.report.personal_data.shapes import SHAPES
from understudy.data.report.texts import texts_of


@dataclass(frozen=True, kw_only=True)
class ShapeCount:
    """How often one kind of data seems to occur; a shape is no proof."""

    kind: str
    occurrences: int
    examples: int
    lines: Lines


def count_shapes(
    examples: Sequence[ChatExample], check_stop: Callable[[], None]
) -> tuple[ShapeCount, ...]:
    """Count every shape that occurs, the most frequent first."""
    occurrences: Counter[str] = Counter()
    lines: dict[str, list[int]] = defaultdict(list)
    for example in examples:
        check_stop()
        found = shapes_in(texts_of(example))
        occurrences.update(found)
        for kind in found:
            lines[kind].append(example.line)
    return tuple(
        ShapeCount(
            kind=kind, occurrences=count, examples=len(lines[kind]), lines=lines_of(lines[kind])
        )
        for kind, count in sorted(occurrences.items(), key=lambda item: (-item[1], item[0]))
    )


def shapes_in(texts: Iterable[str]) -> Counter[str]:
    """Count what each kind of data seems to occur in some texts."""
    found: Counter[str] = Counter()
    for text in texts:
        for shape in SHAPES:
            if not shape.hint(text):
                continue
            count = sum(map(shape.is_one, shape.pattern.finditer(text)))
            if count:
                found[shape.kind] += count
    return found


def found_shapes(text: str) -> list[tuple[str, int, int]]:
    """Return every place of a text that has a shape, in order: its kind, begin and end."""
    return sorted(
        (
            (shape.kind, match.start(), match.end())
            for shape in SHAPES
            if shape.hint(text)
            for match in shape.pattern.finditer(text)
            if shape.is_one(match)
        ),
        key=lambda found: (found[1], -found[2]),
    )
