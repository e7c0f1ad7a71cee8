"""Pairs out of graded answers."""

import json
from typing import Any

from understudy.evals.preference_pairs import (
    GradedAnswer,
    LeftOut,
    find_pairs,
    graded_answer,
)


def answer(question: str, text: str, score: float) -> GradedAnswer:
    return GradedAnswer(
        messages=[{"role": "user", "content": question}],
        tools=(),
        text=text,
        score=score,
        model="m",
    )


def recorded(**changes: Any) -> GradedAnswer | LeftOut:
    sample = {
        "input": [{"role": "user", "content": "q"}],
        "output": [{"role": "assistant", "content": "a"}],
        "finish_reason": "stop",
        "model": "m",
    }
    results = changes.pop("results", [{"name": "c-1", "score": 0.5, "passed": True}])
    item = changes.pop("item", {})
    return graded_answer(item, {**sample, **changes}, results, criterion="c-1", tools=())


def test_the_best_answer_to_a_prompt_is_preferred_to_the_worst():
    found = find_pairs(
        [answer("q", "fair", 0.5), answer("q", "bad", 0.1), answer("q", "good", 0.9)]
    )
    (pair,) = found.pairs
    assert json.loads(pair.line) == {
        "input": {"messages": [{"role": "user", "content": "q"}]},
        "preferred_output": [{"role": "assistant", "content": "good"}],
        "non_preferred_output": [{"role": "assistant", "content": "bad"}],
    }
    assert (found.prompts, found.preferred_longer) == (1, 1)


def test_prompts_without_two_answers_that_differ_make_no_pair():
    found = find_pairs(
        [
            *(answer("one", "a", 0.5), answer("same", "a", 0.5), answer("same", " a\n", 0.9)),
            *(answer("equal", "a", 0.5), answer("equal", "b", 0.5)),
            *(answer("close", "a", 0.5), answer("close", "b", 0.55)),
        ],
        min_difference=0.1,
    )
    assert (found.pairs, found.single, found.too_close) == ((), 2, 2)


def test_answers_that_say_nothing_about_their_worth_are_counted_by_the_reason():
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    assert recorded(output=[]) is LeftOut.NOT_GRADED
    assert recorded(results=[]) is LeftOut.NOT_GRADED
    errored = [{"name": "c-1", "score": 0.0, "passed": False, "error": {"message": "m"}}]
    assert recorded(results=errored) is LeftOut.NOT_GRADED
    assert recorded(input=[]) is LeftOut.NO_PROMPT
    assert recorded(output=[call]) is LeftOut.CALLS_TOOLS
    assert recorded(finish_reason="length") is LeftOut.CUT_OFF
    left_out = find_pairs([LeftOut.CUT_OFF, LeftOut.CUT_OFF]).left_out
    assert left_out == {LeftOut.CUT_OFF: 2}


def test_a_conversation_that_no_preference_file_can_hold_makes_no_pair():
    image = {"type": "input_image", "image_url": "https://x/y.png"}
    answers = [
        recorded(
            input=[{"role": "user", "content": [image]}],
            output=[{"role": "assistant", "content": text}],
            results=[{"name": "c-1", "score": score, "passed": True}],
        )
        for text, score in (("a", 0.1), ("b", 0.9))
    ]
    found = find_pairs(answers)
    assert (found.pairs, found.left_out) == ((), {LeftOut.NOT_TRAINABLE: 2})


def test_stored_responses_are_written_as_chats():
    tool = {"type": "function", "name": "look", "description": "Finds.", "parameters": None}
    found = recorded(
        input=[
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "q"}]}
        ],
        item={"tools": [tool]},
    )
    assert isinstance(found, GradedAnswer)
    assert found.messages == [{"role": "user", "content": "q"}]
    assert found.tools == [
        {"type": "function", "function": {"name": "look", "description": "Finds."}}
    ]
