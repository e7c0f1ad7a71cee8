"""Evals from OpenAI's JSON, and to promptfoo's."""

import json

import pytest

from understudy.errors import InvalidRequestError
from understudy.evals.exchange.imports import eval_request
from understudy.evals.exchange.promptfoo import promptfoo_config

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


def test_promptfoo_gets_the_same_prompt_rows_and_checks():
    rows = [({"ticket": "help", "answer": "Q-1"}, "Q-2")]
    made = promptfoo_config({"name": "T", "testing_criteria": [CRITERION]}, ASKED, rows)
    assert made.left_out == ()
    config = made.config
    assert config["providers"] == [
        {"id": "openai:chat:understudy-mini", "config": {"temperature": 0.0, "max_tokens": 9}}
    ]
    assert json.loads(config["prompts"][0]) == [
        {"role": "developer", "content": "Route tickets."},
        {"role": "user", "content": "{{ item.ticket }}"},
    ]
    assert config["defaultTest"]["assert"] == [
        {"type": "equals", "value": "{{ item.answer }}", "metric": "exact"}
    ]
    assert config["tests"] == [{"vars": {"item": {"ticket": "help", "answer": "Q-1"}}}]


def test_answers_that_came_with_the_data_are_echoed():
    config = promptfoo_config(
        {"name": "T", "testing_criteria": [CRITERION]}, {"type": "jsonl"}, [({"answer": "a"}, "b")]
    ).config
    assert config["providers"] == ["echo"]
    assert config["prompts"] == ["{{ answer }}"]
    assert config["tests"] == [{"vars": {"item": {"answer": "a"}, "answer": "b"}}]


def test_code_and_judges_have_counterparts():
    python = {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1.0"}
    judge = {
        "type": "label_model",
        "name": "j",
        "model": "understudy-mini",
        "input": [{"role": "user", "content": "Is {{ sample.output_text }} kind?"}],
        "labels": ["kind", "rude"],
        "passing_labels": ["kind"],
    }
    asserts = promptfoo_config(
        {"name": "T", "testing_criteria": [python, judge]}, ASKED, []
    ).config["defaultTest"]["assert"]
    body = "def wrapped(output, context):\n" + "\n".join(
        "    " + line for line in asserts[0]["value"].splitlines()
    )
    scope: dict[str, object] = {}
    exec(body, scope)
    assert scope["wrapped"]("x", {"vars": {"item": {}}}) == 1.0  # type: ignore[operator]
    assert "Is {{ output }} kind?" in asserts[1]["value"]
    assert "Pass if it is kind." in asserts[1]["value"]


def test_what_promptfoo_cannot_say_is_named_not_dropped_in_silence():
    fuzzy = {
        **CRITERION,
        "type": "text_similarity",
        "evaluation_metric": "fuzzy_match",
        "name": "fuzzy",
    }
    part = {**CRITERION, "name": "part", "input": "{{ sample.output_json.queue }}"}
    made = promptfoo_config({"name": "T", "testing_criteria": [fuzzy, part]}, ASKED, [])
    assert [text.split(":")[0] for text in made.left_out] == ["fuzzy", "part"]
    assert made.config["defaultTest"]["assert"] == []
