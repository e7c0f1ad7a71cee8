import pytest

from built_in_models.checks import Mentions, OneOf, SameCall, SameJson, SameText, is_same_json
from built_in_models.task import assistant, calling


def test_the_same_text_is_right_and_a_tool_call_is_not():
    check = SameText("Zorba")
    assert check(assistant(" Zorba\n"))
    assert not check(assistant("zorba"))
    assert not check(calling("say", "{}"))


def test_any_of_the_accepted_texts_is_right():
    check = OneOf(("Hello!", "Hi!"))
    assert check(assistant("Hi!"))
    assert not check(assistant("Hi"))


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        ('{"b": 2, "a": "x"}', True),
        ('{"a": "x", "b": "2"}', False),
        ('{"a": "x", "b": 2.0}', False),
        ('{"a": "x", "b": 2, "c": 1}', False),
        ('{"a": "x", "b": 2', False),
        ("", False),
    ],
)
def test_json_is_compared_by_value_and_type(text: str, is_same: bool):
    assert is_same_json(text, '{"a": "x", "b": 2}') is is_same


def test_json_tells_true_from_one():
    assert not is_same_json('{"on": 1}', '{"on": true}')


def test_json_text_is_right_whatever_the_order_of_its_keys():
    assert SameJson('{"a": 1, "b": 2}')(assistant('{"b": 2, "a": 1}'))
    assert not SameJson('{"a": 1}')(assistant("a is 1"))


def test_a_call_is_right_with_the_expected_name_and_arguments_only():
    check = SameCall("get_time", '{"city": "Oslo"}')
    assert check(calling("get_time", '{"city":"Oslo"}'))
    assert not check(calling("get_clock", '{"city": "Oslo"}'))
    assert not check(calling("get_time", '{"city": "Bergen"}'))
    assert not check(assistant("It is noon."))


def test_a_sentence_must_mention_every_part_and_be_finished():
    check = Mentions(("Zorba", "12"), longest=40)
    assert check(assistant("Zorba has 12 coins."))
    assert not check(assistant("Zorba has coins."))
    assert not check(assistant("Zorba has 12"))
    assert not check(assistant("Zorba has 12 " + "x" * 40 + "."))
