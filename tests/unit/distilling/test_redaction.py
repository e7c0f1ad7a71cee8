"""Placeholders in the place of personal data."""

import json

from tests.unit.distilling.captured_answers import TOOL, call, captured
from understudy.distilling.redaction import redacted


def test_the_same_address_has_the_same_placeholder_in_the_whole_conversation():
    answer = captured(
        "I wrote to ada@example.org.",
        prompt=[
            {"role": "user", "content": "Write to ada@example.org and bob@example.org."},
            {"role": "user", "content": [{"type": "text", "text": "Not to eve@example.org."}]},
        ],
    )

    found, counts = redacted(answer)

    assert found.prompt[0]["content"] == "Write to <EMAIL_ADDRESS_1> and <EMAIL_ADDRESS_2>."
    assert found.prompt[1]["content"] == [{"type": "text", "text": "Not to <EMAIL_ADDRESS_3>."}]
    assert found.text == "I wrote to <EMAIL_ADDRESS_1>."
    assert counts == {"email address": 4}


def test_arguments_of_calls_stay_json():
    arguments = json.dumps({"place": "ada@example.org"})

    found, _ = redacted(captured("", tools=[TOOL], calls=[call("look", arguments)]))

    assert json.loads(found.calls[0]["function"]["arguments"]) == {"place": "<EMAIL_ADDRESS_1>"}


def test_a_text_without_anything_of_the_kind_stays_as_it_is():
    answer = captured("Oslo, 1.2 million people")

    assert redacted(answer) == (answer, {})
