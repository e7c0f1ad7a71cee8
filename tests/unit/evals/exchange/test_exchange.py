"""Evals and graders from OpenAI's JSON."""

import pytest

from understudy.errors import InvalidRequestError
from understudy.evals.exchange.imports import eval_request

CRITERION = {
    "type": "string_check",
    "name": "exact",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}
ITEM_SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}}
# As `client.evals.retrieve(...)` returned it.
EXPORTED = {
    "id": "eval_67abd54d9b0081909a86353f6fb9317a",
    "object": "eval",
    "name": "Ticket routing",
    "created_at": 1739314509,
    "metadata": {"team": "support"},
    "data_source_config": {
        "type": "custom",
        "schema": {
            "type": "object",
            "properties": {"item": ITEM_SCHEMA, "sample": {"type": "object"}},
            "required": ["item", "sample"],
        },
    },
    "testing_criteria": [{**CRITERION, "id": "exact-5c1ea33c-3f38-4f5c-8c6b-0d9f61d9ab12"}],
}
ASKED = {
    "type": "completions",
    "model": "understudy-mini",
    "input_messages": {
        "type": "template",
        "template": [
            {"role": "developer", "content": "Route tickets."},
            {"role": "user", "content": {"type": "input_text", "text": "{{ item.ticket }}"}},
        ],
    },
    "sampling_params": {"temperature": 0.0, "max_completion_tokens": 9},
}


def test_an_eval_that_openai_returned_becomes_the_request_that_makes_it():
    assert eval_request(EXPORTED) == {
        "name": "Ticket routing",
        "metadata": {"team": "support"},
        "data_source_config": {
            "type": "custom",
            "item_schema": ITEM_SCHEMA,
            "include_sample_schema": True,
        },
        "testing_criteria": [CRITERION],
    }


def test_an_eval_over_logs_keeps_its_metadata_and_loses_the_schema():
    logs = {"type": "logs", "metadata": {"use": "quiz"}, "schema": {"type": "object"}}
    request = eval_request({"data_source_config": logs, "testing_criteria": []}, name="Logs")
    assert request["data_source_config"] == {"type": "logs", "metadata": {"use": "quiz"}}
    assert request["name"] == "Logs"


def test_a_grader_alone_becomes_an_eval_of_the_fields_that_it_names():
    request = eval_request({**CRITERION, "input": "{{item.given[0]}} {{ sample.output_text }}"})
    schema = request["data_source_config"]["item_schema"]
    assert schema["required"] == ["answer", "given"]
    assert request["testing_criteria"][0]["type"] == "string_check"
    python = eval_request({"type": "python", "source": "def grade(sample, item): return 1"})
    assert python["name"] == "python"
    assert "required" not in python["data_source_config"]["item_schema"]


@pytest.mark.parametrize("value", [[], {}, {"type": "job"}, "eval", None])
def test_anything_else_is_refused(value: object):
    with pytest.raises(InvalidRequestError, match="neither an eval"):
        eval_request(value)
