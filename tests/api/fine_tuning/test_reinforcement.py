"""Reinforcement jobs through the official client: what may be asked for, and what is shown."""

import json
from typing import Any

import pytest
from openai import APIStatusError, BadRequestError, OpenAI

from tests.api.harness import BASE

SAME = {
    "type": "string_check",
    "name": "same",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}
CODE = {"type": "python", "source": "def grade(sample, item):\n    return 1.0"}
AUTO = {
    "n_epochs": "auto",
    "batch_size": "auto",
    "learning_rate_multiplier": "auto",
    "reasoning_effort": "default",
    "compute_multiplier": "auto",
    "eval_interval": "auto",
    "eval_samples": "auto",
    "max_completion_tokens": "auto",
}
NUMBER = {
    "type": "json_schema",
    "json_schema": {
        "name": "sum",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"sum": {"type": "integer"}},
            "required": ["sum"],
            "additionalProperties": False,
        },
    },
}


def lines(count: int) -> bytes:
    return b"".join(
        json.dumps(
            {"messages": [{"role": "user", "content": f"{i} + 1"}], "answer": str(i + 1)}
        ).encode()
        + b"\n"
        for i in range(count)
    )


@pytest.fixture
def files(client: OpenAI) -> Any:
    return {
        "training_file": client.files.create(file=lines(12), purpose="fine-tune").id,
        "validation_file": client.files.create(file=lines(3), purpose="fine-tune").id,
    }


def method(**settings: Any) -> Any:
    return {"type": "reinforcement", "reinforcement": {"grader": SAME} | settings}


def test_a_job_shows_its_grader_and_its_hyperparameters(client: OpenAI, files: Any):
    job = client.fine_tuning.jobs.create(model=BASE, method=method(), **files)

    shown = client.fine_tuning.jobs.retrieve(job.id)
    assert shown.method is not None
    assert shown.method.to_dict() == {
        "type": "reinforcement",
        "reinforcement": {"grader": SAME, "hyperparameters": AUTO},
    }
    assert shown.hyperparameters.to_dict() == {
        name: AUTO[name] for name in ("n_epochs", "batch_size", "learning_rate_multiplier")
    }
    assert shown.status == "validating_files"


def test_everything_that_is_asked_for_is_kept(client: OpenAI, files: Any):
    asked = {
        "n_epochs": 2,
        "batch_size": 4,
        "learning_rate_multiplier": 0.5,
        "reasoning_effort": "high",
        "compute_multiplier": 2.5,
        "eval_interval": 3,
        "eval_samples": 2,
        "max_completion_tokens": 64,
    }
    settings = {
        "grader": {"type": "multi", "graders": {"same": SAME}, "calculate_output": "2 * same"},
        "response_format": NUMBER,
        "shadow_grader": CODE,
        "preflight": False,
    }

    raw = client.fine_tuning.jobs.with_raw_response.create(
        model=BASE, method=method(**settings, hyperparameters=asked), **files
    )

    # The client's own type knows no map of graders, so it is not asked to write one again.
    assert json.loads(raw.text)["method"]["reinforcement"] == {
        "grader": {
            "type": "multi",
            "name": "multi",
            "graders": {"same": SAME},
            "calculate_output": "2 * same",
        },
        "response_format": NUMBER,
        "shadow_grader": {**CODE, "name": "python"},
        "preflight": False,
        "hyperparameters": asked,
    }


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("n_epochs", 51, "integer_above_max_value"),
        ("batch_size", 257, "integer_above_max_value"),
        ("learning_rate_multiplier", 0, "decimal_below_min_value"),
        ("compute_multiplier", 0.00001, "decimal_below_min_value"),
        ("compute_multiplier", 10.5, "decimal_above_max_value"),
        ("eval_interval", 0, "integer_below_min_value"),
        ("eval_samples", 0, "integer_below_min_value"),
        ("eval_samples", "many", "invalid_value"),
        ("reasoning_effort", "auto", "invalid_value"),
        ("max_completion_tokens", 0, "integer_below_min_value"),
        ("beta", 0.1, "unknown_parameter"),
    ],
)
def test_a_hyperparameter_out_of_range_is_refused_by_name(
    client: OpenAI, files: Any, name: str, value: object, code: str
):
    with pytest.raises(BadRequestError) as refused:
        client.fine_tuning.jobs.create(
            model=BASE, method=method(hyperparameters={name: value}), **files
        )

    assert refused.value.code == code
    assert refused.value.param == f"method.reinforcement.hyperparameters.{name}"


LABELS = {
    "type": "label_model",
    "model": BASE,
    "input": [{"role": "user", "content": "?"}],
    "labels": ["a"],
    "passing_labels": ["a"],
}


@pytest.mark.parametrize(
    ("grader", "param", "words"),
    [
        (None, "", "expected an object, but got null"),
        ({"type": "endpoint"}, ".type", "Supported values are: 'string_check'"),
        (LABELS, ".type", "Supported values are"),
        (
            {"type": "multi", "graders": {"a": LABELS}, "calculate_output": "a"},
            ".graders.a.type",
            "let a 'score_model' give a score",
        ),
        ({**SAME, "input": "{{ sample.text }}"}, ".input", "sample.output_text"),
        ({**SAME, "input": "{{ answer }}"}, ".input", "is not a variable"),
        ({**SAME, "operation": "is"}, ".operation", "Supported values are: 'eq'"),
        (
            {
                "type": "text_similarity",
                "input": "a",
                "reference": "b",
                "evaluation_metric": "cosine",
            },
            ".evaluation_metric",
            "for evals only",
        ),
        ({**CODE, "source": "def mark(): pass"}, ".source", "grade"),
        (
            {"type": "multi", "graders": {"same": SAME}, "calculate_output": "same +"},
            ".calculate_output",
            "calculate_output",
        ),
        (
            {"type": "score_model", "model": "none", "input": LABELS["input"]},
            ".model",
            "none",
        ),
    ],
)
def test_a_grader_that_cannot_reward_is_refused_with_its_place(
    client: OpenAI, files: Any, grader: Any, param: str, words: str
):
    for place in ("grader", "shadow_grader"):
        if grader is None and place == "shadow_grader":
            continue
        with pytest.raises(APIStatusError) as refused:
            client.fine_tuning.jobs.create(model=BASE, method=method(**{place: grader}), **files)

        assert refused.value.status_code in (400, 404)
        assert refused.value.param == f"method.reinforcement.{place}{param}"
        assert words in refused.value.message


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"type": "json_schema"}, "method.reinforcement.response_format"),
        ({"type": "yaml"}, "method.reinforcement.response_format.type"),
        (
            {"type": "json_schema", "json_schema": {"name": "a"}},
            "method.reinforcement.response_format.json_schema.schema",
        ),
        (
            {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "cat"}}},
            "method.reinforcement.response_format",
        ),
    ],
)
def test_a_form_that_no_answer_can_be_held_to_is_refused(
    client: OpenAI, files: Any, form: dict[str, Any], param: str
):
    with pytest.raises(BadRequestError) as refused:
        client.fine_tuning.jobs.create(model=BASE, method=method(response_format=form), **files)

    assert refused.value.param == param


def test_held_out_prompts_are_needed(client: OpenAI, files: Any):
    with pytest.raises(BadRequestError, match="held-out prompts") as refused:
        client.fine_tuning.jobs.create(
            model=BASE, training_file=files["training_file"], method=method()
        )

    assert refused.value.param == "validation_file"


def test_the_older_place_of_hyperparameters_is_that_of_another_method(client: OpenAI, files: Any):
    with pytest.raises(BadRequestError, match=r"method\.reinforcement\.hyperparameters"):
        client.fine_tuning.jobs.create(
            model=BASE, method=method(), hyperparameters={"n_epochs": 1}, **files
        )


def test_the_server_offers_every_method_that_openai_had(client: OpenAI):
    found = client.get("/x/capabilities", cast_to=object)

    assert isinstance(found, dict)
    assert [one["is_offered"] for one in found["methods"]] == [True, True, True]
