"""Examples that repeat others: word for word, nearly, or with another answer."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import LineGroups, Lines, groups_of, lines_of
from understudy.data.report.near_texts import NearTexts
from understudy.data.report.texts import loose_answer_key, loose_prompt_key, spoken_text, whole_key


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Lines of one file that repeat each other."""

    exact: LineGroups
    near: LineGroups
    """Lines whose words are nearly the same; exact duplicates count only once among them."""
    same_prompt: LineGroups
    """Lines that ask the same and answer differently, whatever letter case and punctuation."""


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """Lines of the validation file that the training file gives away."""

    exact: Lines
    same_prompt: Lines
    """The prompt is in the training file, whatever the answer there."""
    other_answer: Lines
    """The prompt is in the training file, and only with other answers."""
    near: Lines
    """The words are nearly those of a training example, but not all."""


def find_duplicates(
    examples: Sequence[ChatExample], check_stop: Callable[[], None]
) -> tuple[Duplicates, NearTexts]:
    """Compare all examples of a file; the index can then be asked about other examples."""
    exact = _grouped(examples, whole_key)
    firsts = {lines[0] for lines in exact.values()}
    index = NearTexts()
    near: dict[int, list[int]] = defaultdict(list)
    for example in examples:
        check_stop()
        if example.line in firsts:
            near[index.add(example.line, spoken_text(example))].append(example.line)
    found = Duplicates(
        exact=groups_of(exact.values()),
        near=groups_of(near.values()),
        same_prompt=groups_of(_answered_differently(examples, check_stop)),
    )
    return found, index


def find_leakage(
    training: Sequence[ChatExample],
    validation: Sequence[ChatExample],
    index: NearTexts,
    check_stop: Callable[[], None],
) -> Leakage:
    """Compare each validation example with the training examples, which `index` holds."""
    wholes = set(map(whole_key, training))
    answers = _answers_of_prompts(training, check_stop)
    exact: list[int] = []
    near: list[int] = []
    same_prompt: list[int] = []
    other_answer: list[int] = []
    for example in validation:
        check_stop()
        known = answers.get(loose_prompt_key(example))
        if known is not None:
            same_prompt.append(example.line)
            if loose_answer_key(example) not in known:
                other_answer.append(example.line)
        if whole_key(example) in wholes:
            exact.append(example.line)
        elif index.find(spoken_text(example)) is not None:
            near.append(example.line)
    return Leakage(
        exact=lines_of(exact),
        same_prompt=lines_of(same_prompt),
        other_answer=lines_of(other_answer),
        near=lines_of(near),
    )


def _grouped(
    examples: Sequence[ChatExample], key: Callable[[ChatExample], bytes]
) -> dict[bytes, list[int]]:
    groups: dict[bytes, list[int]] = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example.line)
    return groups


def _answers_of_prompts(
    examples: Sequence[ChatExample], check_stop: Callable[[], None]
) -> dict[bytes, set[bytes]]:
    answers: dict[bytes, set[bytes]] = defaultdict(set)
    for example in examples:
        check_stop()
        answers[loose_prompt_key(example)].add(loose_answer_key(example))
    return answers


def _answered_differently(
    examples: Sequence[ChatExample], check_stop: Callable[[], None]
) -> list[list[int]]:
    by_prompt: dict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
    for example in examples:
        check_stop()
        by_prompt[loose_prompt_key(example)].append((example.line, loose_answer_key(example)))
    return [
        [line for line, _ in group]
        for group in by_prompt.values()
        if len(group) > 1 and len({answer for _, answer in group}) > 1
    ]
