import json
import re

import pytest

from built_in_models.families.kept_out.weather_calls import COUNTRY_CODES
from built_in_models.kept_out import KEPT_OUT_FAMILIES, kept_out_tasks
from built_in_models.task import assistant, calling, is_correct
from built_in_models.world import Split


@pytest.mark.parametrize("family", KEPT_OUT_FAMILIES)
def test_reference_answers_pass_and_damaged_ones_fail(family: str):
    for task in kept_out_tasks(family, Split.HELD_OUT, 1, 60):
        assert task.family == family
        assert is_correct(task, task.reference)
        assert not is_correct(task, assistant("I don't know."))
        if task.reference.tool_calls:
            call = task.reference.tool_calls[0]
            assert not is_correct(task, calling(call.name, call.arguments.replace(", ", ",")[:-1]))
        else:
            assert not is_correct(task, assistant((task.reference.content or "")[:-1]))


@pytest.mark.parametrize("family", KEPT_OUT_FAMILIES)
def test_the_same_seed_gives_the_same_tasks(family: str):
    first, again = (kept_out_tasks(family, Split.TRAINING, 3, 20) for _ in range(2))
    assert first == again
    assert first != kept_out_tasks(family, Split.TRAINING, 4, 20)


@pytest.mark.parametrize("family", ["tickets", "weather_calls", "order_forms"])
def test_the_splits_share_no_answer(family: str):
    training = kept_out_tasks(family, Split.TRAINING, 1, 200)
    held_out = kept_out_tasks(family, Split.HELD_OUT, 1, 60)
    assert not {task.reference for task in training} & {task.reference for task in held_out}


def test_a_ticket_code_names_the_department_priority_customer_and_subject():
    for task in kept_out_tasks("tickets", Split.TRAINING, 2, 50):
        message, code = task.question[-1].content or "", task.reference.content or ""
        match = re.fullmatch(r"#(BILLING|SHIPPING|ACCOUNT|TECH)/(P[123])/(.+)/([a-z]+)", code)
        assert match is not None
        assert match[3] in message
        assert match[4] in message
        assert "hurry" in message.lower() or "wait" in message or match[2] != "P3"


def test_a_weather_call_writes_the_country_as_a_code_and_fahrenheit_only_in_the_usa():
    for task in kept_out_tasks("weather_calls", Split.TRAINING, 2, 60):
        arguments = json.loads(task.reference.tool_calls[0].arguments)
        city, code = arguments["location"].rsplit(", ", 1)
        country = next(name for name, short in COUNTRY_CODES.items() if short == code)
        assert f"{city}, {country}" in (task.question[-1].content or "")
        assert (arguments["format"] == "fahrenheit") is (code == "US")


def test_the_harbour_master_signs_every_answer():
    for task in kept_out_tasks("persona", Split.HELD_OUT, 2, 40):
        assert (task.reference.content or "").endswith("-- Brine, harbour master")
