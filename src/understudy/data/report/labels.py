"""The few short answers of a file that sorts: how often each occurs, and in how many spellings."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import Lines, lines_of
from understudy.data.report.loose_text import label_of
from understudy.data.report.texts import answer_text

_MAX_LABELS = 100
# Fewer repetitions are not labels but chance.
_EXAMPLES_PER_LABEL = 3
_MAX_LABEL_CHARACTERS = 80
# A validation file of which less is known has another task.
_KNOWN_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Label:
    """One of a few answers that all examples share among them."""

    answer: str
    examples: int
    share: float


@dataclass(frozen=True, kw_only=True)
class LabelSpellings:
    """One label that is written in several ways, each of which a model learns."""

    spellings: tuple[str, ...]
    """As they stand in the file, the most frequent first."""
    lines: Lines
    """Those with another spelling than the most frequent."""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The labels of a training file; nothing is in them for a file of other answers."""

    balance: tuple[Label, ...]
    spellings: tuple[LabelSpellings, ...]
    known: Mapping[str, frozenset[str]]
    """For each label, however it is written, its spellings."""


@dataclass(frozen=True, kw_only=True)
class ValidationLabels:
    """Lines of a validation file whose labels the training file does not teach."""

    absent: Lines
    other_spelling: Lines


def find_labels(examples: Sequence[ChatExample]) -> Labels:
    """Find the labels of a file, if a few short answers make it up; empty answers are no labels."""
    lines: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for example in examples:
        answer = answer_text(example)
        if not answer or answer.isspace():
            continue
        if len(answer) > _MAX_LABEL_CHARACTERS:
            return _NONE
        lines[label_of(answer)][answer].append(example.line)
        if len(lines) > _MAX_LABELS:
            return _NONE
    if not lines or len(lines) * _EXAMPLES_PER_LABEL > len(examples):
        return _NONE
    return Labels(
        balance=_balance(lines, len(examples)),
        spellings=tuple(_spellings(spelt) for _, spelt in sorted(lines.items()) if len(spelt) > 1),
        known={label: frozenset(spelt) for label, spelt in lines.items()},
    )


def compare_labels(labels: Labels, validation: Sequence[ChatExample]) -> ValidationLabels:
    """Look for the labels of a validation file among those of its training file."""
    absent: list[int] = []
    other_spelling: list[int] = []
    for example in validation if labels.known else ():
        answer = answer_text(example)
        spellings = labels.known.get(label_of(answer))
        if spellings is None:
            absent.append(example.line)
        elif answer not in spellings:
            other_spelling.append(example.line)
    is_same_task = len(absent) <= (1 - _KNOWN_SHARE) * len(validation)
    return ValidationLabels(
        absent=lines_of(absent if is_same_task else ()),
        other_spelling=lines_of(other_spelling if is_same_task else ()),
    )


def _balance(lines: Mapping[str, Mapping[str, Sequence[int]]], examples: int) -> tuple[Label, ...]:
    counts: Counter[str] = Counter()
    for spelt in lines.values():
        for answer, found in spelt.items():
            counts[answer.strip()] += len(found)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Label(answer=answer, examples=count, share=round(count / examples, 4))
        for answer, count in ordered
    )


def _spellings(spelt: Mapping[str, Sequence[int]]) -> LabelSpellings:
    ordered = sorted(spelt.items(), key=lambda item: (-len(item[1]), item[0]))
    return LabelSpellings(
        spellings=tuple(answer for answer, _ in ordered),
        lines=lines_of(line for _, found in ordered[1:] for line in found),
    )


_NONE = Labels(balance=(), spellings=(), known={})
