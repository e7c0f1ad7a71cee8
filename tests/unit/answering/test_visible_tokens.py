"""Which tokens make up visible text, piece by piece."""

from understudy.answering.visible_tokens import VisibleTokens
from understudy.chat.parsing.deltas import Delta, ReasoningDelta, TextDelta, ToolCallDelta
from understudy.inference.protocol import TokenEvent


def seen(*said: str | Delta) -> list[list[int]]:
    """The numbers of the tokens of each delta; plain texts are tokens."""
    visible, numbers = VisibleTokens(), iter(range(100))
    found: list[list[int]] = []
    for item in said:
        if isinstance(item, str):
            visible.write(TokenEvent(next(numbers), -1.0), item)
        else:
            found.append([event.token_id for event in visible.tokens_of(item)])
    return found


def test_each_token_is_told_with_the_first_text_that_it_is_part_of():
    assert seen("ab", TextDelta("a"), "cd", TextDelta("bc"), TextDelta("d")) == [[0], [1], []]


def test_half_a_character_is_told_with_the_whole_one():
    assert seen("a", TextDelta("a"), "", "", "é", TextDelta("é")) == [[0], [1, 2, 3]]


def test_what_is_not_shown_is_passed_over():
    reasoning = ["<think>", "a k", ReasoningDelta("a k"), "</think>", "\n\n"]
    assert seen(*reasoning, "k", TextDelta("k")) == [[], [4]]
    call = ['{"a":1}', ToolCallDelta(0, None, None, '{"a":1}'), "\n", "a", TextDelta("a")]
    assert seen("a\n", TextDelta("a"), *call) == [[0], [], [3]]


def test_text_behind_a_call_that_ends_inside_a_token_belongs_to_it():
    assert seen("<call>", "}x", ToolCallDelta(0, None, None, "}"), TextDelta("x")) == [[], [1]]


def test_tokens_behind_a_stop_text_are_not_told_and_the_cut_one_is():
    assert seen("one", TextDelta("one"), " two", "!", TextDelta(" t")) == [[0], [1]]
