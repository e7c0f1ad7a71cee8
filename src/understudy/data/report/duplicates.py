"""Examples that repeat others: word for word, nearly, or with another answer."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import LineGroups, Lines, groups_of, lines_of
from understudy.data.report.near import NearIndex, sketch_of
from understudy.data.report.texts import answer_key, prompt_key, spoken_text, whole_key


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Lines of one file that repeat each other."""

    exact: LineGroups
    near: LineGroups
    """Lines whose words are nearly the same; exact duplicates count only once among them."""
    same_prompt: LineGroups
    """Lines that ask the same and answer differently."""


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """Lines of the validation file that the training file gives away."""

    exact: Lines
    same_prompt: Lines
    """The prompt is in the training file, whatever the answer there."""
    near: Lines
    """The words are nearly those of a training example, but not all."""


def find_duplicates(
    examples: Sequence[ChatExample], check_stop: Callable[[], None]
) -> tuple[Duplicates, NearIndex]:
    """Compare all examples of a file; the index can then be asked about other examples."""
    exact = _grouped(examples, whole_key)
    firsts = {lines[0] for lines in exact.values()}
    index = NearIndex()
    near: dict[int, list[int]] = defaultdict(list)
    for example in examples:
        check_stop()
        if example.line in firsts:
            near[index.add(example.line, sketch_of(spoken_text(example)))].append(example.line)
    found = Duplicates(
        exact=groups_of(exact.values()),
        near=groups_of(near.values()),
        same_prompt=groups_of(_answered_differently(examples)),
    )
    return found, index


def find_leakage(
    training: Sequence[ChatExample],
    validation: Sequence[ChatExample],
    index: NearIndex,
    check_stop: Callable[[], None],
) -> Leakage:
    """Compare each validation example with the training examples, which `index` holds."""
    wholes = set(map(whole_key, training))
    prompts = set(map(prompt_key, training))
    exact: list[int] = []
    near: list[int] = []
    for example in validation:
        check_stop()
        if whole_key(example) in wholes:
            exact.append(example.line)
        elif index.find(sketch_of(spoken_text(example))) is not None:
            near.append(example.line)
    return Leakage(
        exact=lines_of(exact),
        same_prompt=lines_of(e.line for e in validation if prompt_key(e) in prompts),
        near=lines_of(near),
    )


def _grouped(
    examples: Sequence[ChatExample], key: Callable[[ChatExample], bytes]
) -> dict[bytes, list[int]]:
    groups: dict[bytes, list[int]] = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example.line)
    return groups


def _answered_differently(examples: Sequence[ChatExample]) -> list[list[int]]:
    by_prompt: dict[bytes, list[ChatExample]] = defaultdict(list)
    for example in examples:
        by_prompt[prompt_key(example)].append(example)
    return [
        [example.line for example in group]
        for group in by_prompt.values()
        if len(group) > 1 and len(set(map(answer_key, group))) > 1
    ]
