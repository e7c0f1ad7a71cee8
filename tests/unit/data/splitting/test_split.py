"""Splits of files made on the spot, judged by the report's own measure of nearness."""

import random

import pytest

from understudy.chat.messages import Message, Role, ToolCall
from understudy.data.examples import ChatExample
from understudy.data.report.duplicates import find_duplicates, find_leakage
from understudy.data.splitting.near_groups import near_across, near_groups, prompt_sketches
from understudy.data.splitting.split import Split, SplitOptions, split
from understudy.errors import InvalidRequestError

WORDS = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("alo", "emi", "iru", "ota", "uka", "osi")]


def example(line: int, question: str, answer: str, call: str | None = None) -> ChatExample:
    calls = (ToolCall(id="call_1", name=call, arguments="{}"),) if call else ()
    messages = (
        Message(role=Role.SYSTEM, content="You sort tickets."),
        Message(role=Role.USER, content=question),
        Message(role=Role.ASSISTANT, content=None if call else answer, tool_calls=calls),
    )
    return ChatExample(
        line=line,
        messages=messages,
        tools=(),
        trained=(False, False, True),
        parallel_tool_calls=None,
    )


def question(dice: random.Random, words: int = 12) -> str:
    return " ".join(dice.choices(WORDS, k=words))


def mixed_file(dice: random.Random) -> list[ChatExample]:
    """300 examples: texts, JSON and calls, every fourth a paraphrase of an earlier one."""
    made: list[ChatExample] = []
    for line in range(1, 301):
        asked = question(dice)
        if made and line % 4 == 0:
            earlier = dice.choice(made).messages[1].content or ""
            asked = f"{earlier} {dice.choice(WORDS)}"
        kind = line % 10
        if kind < 6:
            made.append(example(line, asked, f"The answer is {question(dice, 5)}."))
        elif kind < 9:
            made.append(example(line, asked, '{"city": "Oslo"}'))
        else:
            made.append(example(line, asked, "", call="get_weather"))
    return made


def options(**changes: object) -> SplitOptions:
    usual = {"validation": 0.2, "by_duplicate_group": True, "stratify": True, "seed": 0}
    return SplitOptions(**(usual | changes))  # type: ignore[arg-type]


def parts(examples: list[ChatExample], made: Split) -> tuple[list[ChatExample], list[ChatExample]]:
    by_line = {e.line: e for e in examples}
    return [by_line[n] for n in made.training], [by_line[n] for n in made.validation]


def test_every_line_is_on_exactly_one_side_and_in_order():
    examples = mixed_file(random.Random(1))
    made = split(examples, options())
    assert sorted((*made.training, *made.validation)) == [e.line for e in examples]
    assert list(made.validation) == sorted(made.validation)


def test_no_held_out_prompt_is_nearly_one_that_is_learned():
    examples = mixed_file(random.Random(2))
    together = split(examples, options())
    assert together.shared == 0
    training, validation = parts(examples, together)
    _, index = find_duplicates(training, lambda: None)
    leaks = find_leakage(training, validation, index, lambda: None)
    assert (leaks.exact.count, leaks.same_prompt.count, leaks.near.count) == (0, 0, 0)


def test_lines_divided_one_by_one_do_leak_and_the_split_says_so():
    examples = mixed_file(random.Random(2))
    assert split(examples, options(by_duplicate_group=False)).shared > 10


@pytest.mark.parametrize("seed", range(5))
def test_both_sides_have_the_same_mix(seed: int):
    examples = mixed_file(random.Random(3))
    made = split(examples, options(seed=seed))
    assert len(made.validation) == pytest.approx(60, abs=3)
    assert [k.kind for k in made.kinds] == [
        "one turn → text",
        "one turn → JSON",
        "one turn → calls get_weather",
    ]
    for kind in made.kinds:
        whole = kind.training + kind.validation
        assert kind.validation == pytest.approx(0.2 * whole, abs=2)


def test_labels_are_kinds_of_their_own():
    dice = random.Random(4)
    labels = ["billing"] * 160 + ["crash"] * 40
    examples = [example(n, question(dice), label) for n, label in enumerate(labels, start=1)]
    made = split(examples, options(validation=0.1))
    assert [(k.kind, k.training, k.validation) for k in made.kinds] == [
        ('one turn → "billing"', 144, 16),
        ('one turn → "crash"', 36, 4),
    ]


def test_the_same_seed_divides_in_the_same_way_and_another_in_another():
    examples = mixed_file(random.Random(5))
    assert split(examples, options()) == split(examples, options())
    assert split(examples, options()) != split(examples, options(seed=1))


def test_chains_of_near_prompts_stay_together():
    """A is near B and B near C, but not A near C: all three are one group."""
    dice = random.Random(6)
    words = dice.sample(WORDS, 40)
    chain = [" ".join(words[start : start + 30]) for start in (0, 3, 6)]
    examples = [example(n, text, "yes indeed") for n, text in enumerate(chain, start=1)]
    sketches = prompt_sketches(examples)
    assert near_across([0], [1], sketches) == [1]
    assert near_across([0], [2], sketches) == []
    assert near_groups(examples, sketches) == [[0, 1, 2]]


def test_a_file_of_one_prompt_cannot_be_divided_and_says_why():
    examples = [example(n, "What is the weather in Oslo today?", f"{n}") for n in range(1, 9)]
    with pytest.raises(InvalidRequestError, match="8 of 8 examples have prompts that are nearly"):
        split(examples, options())
    assert len(split(examples, options(by_duplicate_group=False)).validation) == 2


def test_a_share_that_leaves_nothing_is_refused():
    examples = [example(1, "one two three", "x"), example(2, "four five six", "y")]
    with pytest.raises(InvalidRequestError, match="leaves one side without any"):
        split(examples, options(validation=0.01))
