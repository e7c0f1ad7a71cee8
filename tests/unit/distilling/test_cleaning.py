"""Which stored answers nobody should learn from."""

import pytest

from tests.unit.distilling.captured_answers import TOOL, call, captured
from understudy.data.examples import ChatExample
from understudy.distilling.cleaning import Drop, Reason, clean

SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"finish_reason": "length"}, Reason.CUT_OFF),
        ({"finish_reason": "content_filter"}, Reason.FILTERED),
        ({"text": " \n"}, Reason.EMPTY),
        ({"text": "I'm sorry, but I can't help with that."}, Reason.REFUSED),
        ({"text": "", "refusal": "No."}, Reason.REFUSED),
        ({"response_format": {"type": "json_object"}}, Reason.BREAKS_SCHEMA),
        ({"response_format": SCHEMA, "text": '{"town": "Oslo"}'}, Reason.BREAKS_SCHEMA),
        ({"tools": [TOOL], "text": "", "calls": [call("find", "{}")]}, Reason.BAD_TOOL_CALL),
        ({"tools": [TOOL], "text": "", "calls": [call("look", "{")]}, Reason.BAD_TOOL_CALL),
        ({"tools": [TOOL], "text": "", "calls": [call("look", "{}")]}, Reason.BAD_TOOL_CALL),
        ({"prompt": []}, None),
        ({"prompt": [{"role": "critic", "content": "Well?"}]}, Reason.NOT_TRAINABLE),
    ],
)
def test_a_bad_answer_is_dropped_with_its_reason(changes: dict, reason: Reason | None):
    found = clean(captured(**changes), keep_refusals=False)

    assert (found.reason if isinstance(found, Drop) else None) == reason


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"response_format": SCHEMA, "text": '{"city": "Oslo"}'},
        {"tools": [TOOL], "text": "", "calls": [call("look", '{"place": "Oslo"}')]},
        # What was asked for in JSON may be answered by a call.
        {
            "response_format": SCHEMA,
            "tools": [TOOL],
            "text": "",
            "calls": [call("look", '{"place": "Oslo"}')],
        },
    ],
)
def test_a_good_answer_becomes_an_example_whose_answer_alone_is_learned(changes: dict):
    earlier = [
        {"role": "user", "content": "Sweden?"},
        {"role": "assistant", "content": "Stockholm"},
        {"role": "user", "content": "Norway?"},
    ]

    found = clean(captured(prompt=earlier, **changes), keep_refusals=False)

    assert isinstance(found, ChatExample)
    assert found.trained == (False, False, False, True)


def test_refusals_are_learned_only_where_that_is_wanted():
    refusal = captured(text="I'm sorry, but I can't help with that.")

    assert isinstance(clean(refusal, keep_refusals=True), ChatExample)
