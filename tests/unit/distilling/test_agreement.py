"""What counts as the same answer, and in which respects answers are compared."""

import pytest

from understudy.distilling.agreement import (
    Answer,
    Compared,
    agreements,
    disagreements,
    rates,
    respects,
)


def compared(teacher: Answer | str, base: Answer | str, student: Answer | str) -> Compared:
    def answer(given: Answer | str) -> Answer:
        return Answer(text=given) if isinstance(given, str) else given

    return Compared(
        question="?", teacher=answer(teacher), base=answer(base), student=answer(student)
    )


def counts(*all: Compared) -> dict[str, tuple[int, int, int]]:
    return {each.name: (each.base, each.student, each.total) for each in agreements(all)}


def call(name: str, arguments: str) -> Answer:
    return Answer(text="", calls=((name, arguments),))


def test_labels_agree_whatever_their_letters_and_stops_are():
    found = counts(compared("Billing", "shipping", "billing."), compared("Billing", "x", "Billing"))

    assert found == {"whole answer": (0, 1, 2), "label": (0, 2, 2)}


def test_long_answers_are_no_labels():
    assert list(counts(compared("word " * 40, "", ""))) == ["whole answer"]


def test_fields_are_counted_one_by_one_and_nested_ones_by_their_paths():
    found = counts(
        compared(
            '{"team": "billing", "who": {"name": "Ann", "age": 7}}',
            "no JSON",
            '{"who": {"age": 8, "name": "Ann"}, "team": "billing"}',
        )
    )

    assert found == {
        "whole answer": (0, 0, 1),
        "JSON fields": (0, 2, 3),
        "field team": (0, 1, 1),
        "field who.age": (0, 0, 1),
        "field who.name": (0, 1, 1),
    }


def test_json_is_the_same_in_any_order_and_spacing_but_true_is_not_one():
    assert disagreements([compared('{"a": 1, "b": 2}', "", '{"b":2,"a":1}')]) == []
    assert len(disagreements([compared('{"a": true}', "", '{"a": 1}')])) == 1


def test_a_call_agrees_by_its_function_and_then_by_its_arguments():
    found = counts(
        compared(
            call("look", '{"a": 1, "b": 2}'), call("find", "{}"), call("look", '{"b":2,"a":1}')
        ),
        compared(call("look", '{"a": 1}'), "text", call("look", '{"a": 2}')),
    )

    assert found["functions called"] == (0, 2, 2)
    assert found["calls with arguments"] == (0, 1, 2)
    assert found["whole answer"] == (0, 1, 2)


def test_the_test_is_of_the_answers_in_which_base_and_student_differ():
    # Six improved and none got worse: 2 / 2**6.
    (whole, _) = agreements([compared("a", "b", "a")] * 6 + [compared("a", "a", "a")] * 3)

    assert whole.p_value == pytest.approx(2 / 64)
    assert whole.interval.low < whole.interval.high == 1.0


def rated(*pairs: tuple[str, str]) -> dict[str, tuple[int, int]]:
    found = [respects(Answer(text=old), Answer(text=new)) for old, new in pairs]
    return {each.name: (each.same, each.total) for each in rates(found)}


def test_rates_of_many_pairs_are_those_of_the_report_of_a_clone():
    pairs = [
        ('{"team": "billing", "n": 1}', '{"team": "billing", "n": 2}'),
        ('{"team": "sales"}', '{"team": "sales"}'),
    ]
    report = agreements([compared(old, "", new) for old, new in pairs])

    assert rated(*pairs) == {each.name: (each.student, each.total) for each in report}


def test_labels_among_longer_answers_are_no_labels():
    assert rated(("Billing", "billing"), ("Sales", "x")) == {
        "whole answer": (0, 2),
        "label": (1, 2),
    }
    assert list(rated(("Billing", "billing"), ("word " * 40, "x"))) == ["whole answer"]


def test_calls_leave_labels_as_they_are():
    found = [
        respects(Answer(text="Billing"), Answer(text="billing")),
        respects(call("f", '{"a": 1}'), call("f", '{"a": 2}')),
    ]

    assert {each.name: (each.same, each.total) for each in rates(found)} == {
        "whole answer": (0, 2),
        "label": (1, 1),
        "functions called": (1, 1),
        "calls with arguments": (0, 1),
    }
