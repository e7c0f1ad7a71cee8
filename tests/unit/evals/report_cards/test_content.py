"""Report cards over trials made by hand."""

from dataclasses import replace

from understudy.evals.report_cards.content import (
    ReportCard,
    Said,
    TeacherForced,
    Trial,
    is_exact,
    is_json,
    telling,
)


def trial(line: int, expected: Said, base: Said, tuned: Said) -> Trial:
    return Trial(line=line, question=f"q{line}", expected=expected, base=base, tuned=tuned)


def card(*trials: Trial) -> ReportCard:
    return ReportCard(
        base_model="base",
        tuned_model="ft:base",
        held_out=80,
        unanswered=0,
        before=TeacherForced(loss=2.5, token_accuracy=0.3),
        after=TeacherForced(loss=0.25, token_accuracy=0.9),
        trials=trials,
    )


OSLO = Said(text="", calls=(("weather", '{"city": "Oslo", "unit": "C"}'),))


def test_arguments_are_compared_as_json_and_text_without_outer_space():
    other = Said(text="", calls=(("weather", '{"unit":"C","city":"Oslo"}'),))
    assert is_exact(other, OSLO)
    assert not is_exact(Said(text="", calls=(("weather", "{"),)), OSLO)
    assert is_exact(Said(text=" yes\n"), Said(text="yes"))
    assert not is_exact(Said(text="Yes"), Said(text="yes"))


def test_only_objects_and_arrays_count_as_json():
    assert [is_json(text) for text in ('{"a": 1}', "[1]", "3", '"x"', "{a}", "")] == [
        *(True, True),
        *(False,) * 4,
    ]


def test_each_measure_counts_the_examples_that_it_is_about():
    found = card(
        trial(1, Said(text="yes"), Said(text="no"), Said(text="yes")),
        trial(2, Said(text='{"a": 1}'), Said(text="a is 1"), Said(text='{"a": 2}')),
        trial(3, OSLO, Said(text="Oslo"), OSLO),
    )
    assert (found.exact.base.passed, found.exact.candidate.passed) == (0, 2)
    assert found.json_validity is not None
    assert (found.json_validity.base.total, found.json_validity.candidate.passed) == (1, 1)
    assert found.tool_calls is not None
    assert (found.tool_calls.base.passed, found.tool_calls.candidate.passed) == (0, 1)
    assert found.sentence == (
        "Report card on 3 of 80 held-out examples: validation loss 2.50 before and 0.25 after; "
        "token accuracy 30.0 % and 90.0 %; exact answers 0 of 3 and 2 of 3; "
        "valid JSON 0 of 1 and 1 of 1; matching tool calls 0 of 1 and 1 of 1"
    )


def test_a_measure_that_no_example_is_about_is_not_told():
    found = card(trial(1, Said(text="yes"), Said(text="no"), Said(text="yes")))
    assert found.json_validity is None
    assert found.tool_calls is None
    told = found.to_json()
    assert told["json_validity"] is None
    assert told["exact_match"]["tuned"]["passed"] == 1
    assert "JSON" not in found.sentence


def test_answers_that_differ_are_shown_first():
    same = [trial(n, Said(text="x"), Said(text="a"), Said(text="a")) for n in range(4)]
    different = [trial(n, Said(text="x"), Said(text="a"), Said(text="b")) for n in (7, 8, 9)]
    assert [t.line for t in telling(same + different)] == [7, 8, 9, 0, 1]


def test_examples_that_a_model_could_not_be_asked_are_mentioned():
    found = replace(card(trial(1, Said(text="a"), Said(text="a"), Said(text="a"))), unanswered=2)
    assert found.sentence.endswith("2 left out, which one of the models could not be asked")
