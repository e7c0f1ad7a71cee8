"""Graders tried out through the official client: a recorded example, judges, code, errors."""

from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from openai.types.graders import StringCheckGrader

from tests.api.harness import BASE, RunningServer
from tests.api.scripted_engine import Script
from understudy.errors import InvalidRequestError
from understudy.graders.sandbox.landlock import landlock_version

FLAGS = {
    "formula_parse_error",
    "sample_parse_error",
    "truncated_observation_error",
    "unresponsive_reward_error",
    "invalid_variable_error",
    "other_error",
    "python_grader_server_error",
    "python_grader_runtime_error",
    "model_grader_server_error",
    "model_grader_refusal_error",
    "model_grader_parse_error",
}
CHECK: dict[str, Any] = {
    "type": "string_check",
    "name": "exact",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}
SCORE: dict[str, Any] = {
    "type": "score_model",
    "name": "judge",
    "model": BASE,
    "input": [{"role": "user", "content": "Is {{ sample.output_text }} right?"}],
}
LABEL: dict[str, Any] = {
    "type": "label_model",
    "name": "label",
    "model": BASE,
    "input": [{"role": "user", "content": "{{ sample.output_text }}"}],
    "labels": ["good", "bad"],
    "passing_labels": ["good"],
}


def python(body: str) -> dict[str, Any]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {"type": "python", "name": "code", "source": f"def grade(sample, item):\n{lines}"}


def run(client: OpenAI, grader: Any, sample: str, **more: Any) -> Any:
    return client.fine_tuning.alpha.graders.run(grader=grader, model_sample=sample, **more)


def raised_flags(response: Any) -> set[str]:
    errors = response.to_dict()["metadata"]["errors"]
    assert {*errors} - FLAGS == {
        "python_grader_server_error_type",
        "python_grader_runtime_error_details",
        "model_grader_server_error_details",
    }
    return {flag for flag in FLAGS if errors[flag]}


def test_the_recorded_example_of_text_similarity(client: OpenAI):
    grader = {
        "type": "text_similarity",
        "name": "example",
        "input": "{{ sample.output_text }}",
        "reference": "{{ item.label }}",
        "evaluation_metric": "fuzzy_match",
    }
    item = {"label": "fuzzy wuzzy was a bear"}
    response = run(client, grader, "fuzzy wuzzy had no hair", item=item)
    assert response.reward == pytest.approx(0.7555555555555555, abs=1e-12)
    assert response.metadata.name == "example"
    assert response.metadata.type == "text_similarity"
    assert response.metadata.execution_time >= 0
    assert response.metadata.token_usage is None
    assert response.metadata.sampled_model_name is None
    assert response.metadata.scores == response.sub_rewards == {}
    assert response.api_model_grader_token_usage_per_model == {}
    assert raised_flags(response) == set()


def test_a_judge_is_any_model_and_its_tokens_are_told(client: OpenAI, server: RunningServer):
    server.engine.says('{"steps": [{"description": "d", "conclusion": "c"}], "result": 0.8}')
    response = run(client, SCORE, "Paris", item={})
    assert response.reward == 0.8
    assert response.metadata.sampled_model_name == BASE
    usage = response.api_model_grader_token_usage_per_model[BASE]
    assert usage["prompt_tokens"] > 0
    assert usage["completion_tokens"] > 0
    assert response.metadata.token_usage == usage["total_tokens"]
    assert response.to_dict()["metadata"]["evidence"]["result"] == 0.8
    assert "Is Paris right?" in server.engine.prompts()[0]
    assert server.engine.requests[0].sampling.temperature == 0


def test_a_judge_may_label(client: OpenAI, server: RunningServer):
    server.engine.says('{"steps": [], "result": "good"}', '{"steps": [], "result": "bad"}')
    assert [run(client, LABEL, "x").reward for _ in range(2)] == [1, 0]


def test_code_grades_and_what_it_prints_is_told(client: OpenAI):
    grader = python("print('hello')\nreturn len(sample['output_text']) / item['most']")
    response = run(client, grader, "abc", item={"most": 4})
    assert response.reward == 0.75
    assert response.to_dict()["metadata"]["evidence"] == {"returned": 0.75, "printed": "hello\n"}


def test_several_graders_and_a_formula(client: OpenAI, server: RunningServer):
    server.engine.says('{"steps": [], "result": 0.5}')
    grader = {
        "type": "multi",
        "name": "all",
        "graders": {"exact": CHECK, "code": python("return 0.25"), "judge": SCORE},
        "calculate_output": "0.5 * exact + min(code, judge)",
    }
    response = run(client, grader, "Paris", item={"answer": "Paris"})
    assert response.reward == 0.75
    assert response.sub_rewards == {"exact": 1, "code": 0.25, "judge": 0.5}
    assert response.metadata.scores == response.sub_rewards
    assert response.metadata.token_usage > 0


@pytest.mark.parametrize(
    ("grader", "sample", "flags", "words"),
    [
        ({**CHECK, "reference": "{{ item.typo }}"}, "x", {"invalid_variable_error"}, "item.typo"),
        (
            {**CHECK, "input": "{{ sample.output_json.total }}"},
            "no json",
            {"sample_parse_error"},
            "not JSON",
        ),
        (python("return 1 / 0"), "x", {"python_grader_runtime_error"}, "ZeroDivisionError"),
        (python("return 'high'"), "x", {"python_grader_runtime_error"}, "grade returned"),
        pytest.param(
            python("import os; os._exit(1)"),
            "x",
            {"python_grader_server_error"},
            "process",
            marks=pytest.mark.skipif(landlock_version() == 0, reason="Monty has no such function"),
        ),
        (python("open('/etc/passwd')"), "x", {"python_grader_runtime_error"}, "PermissionError"),
        (
            {
                "type": "multi",
                "name": "m",
                "graders": {"exact": CHECK},
                "calculate_output": "1 / (exact - exact)",
            },
            "x",
            {"formula_parse_error"},
            "divides by zero",
        ),
    ],
)
def test_what_goes_wrong_is_a_flag_and_a_reward_of_zero(
    client: OpenAI, grader: Any, sample: str, flags: set[str], words: str
):
    response = run(client, grader, sample, item={"answer": "x"})
    assert raised_flags(response) == flags
    assert response.reward == 0
    assert words in response.to_dict()["metadata"]["problem"]


@pytest.mark.parametrize(
    ("script", "flags"),
    [
        (Script(text="I'm sorry, but I can't help with that."), {"model_grader_refusal_error"}),
        (Script(text="Well, I would say that it is"), {"model_grader_parse_error"}),
        (Script(text="blah ", goes_on=True), {"model_grader_parse_error"}),
        (Script(text='{"steps": [], "result": "high"}'), {"model_grader_parse_error"}),
        (Script(dies=True), {"model_grader_server_error"}),
        (Script(error=InvalidRequestError("No such weights.")), {"model_grader_server_error"}),
    ],
)
def test_a_judge_that_does_not_judge_is_a_flag(
    client: OpenAI, server: RunningServer, script: Script, flags: set[str]
):
    server.engine.says(script)
    grader = {**SCORE, "sampling_params": {"max_completions_tokens": 40}}
    response = run(client, grader, "x")
    assert raised_flags(response) == flags
    assert response.reward == 0


def test_a_sample_that_the_judge_cannot_read_to_its_end_is_a_flag(client: OpenAI):
    response = run(client, SCORE, "word " * 20_000)
    assert raised_flags(response) == {"truncated_observation_error"}


def test_a_valid_grader_comes_back_in_the_one_way_of_writing_it(client: OpenAI):
    graders = client.fine_tuning.alpha.graders
    checked = graders.validate(grader={**CHECK, "operation": "neq"}).grader
    assert isinstance(checked, StringCheckGrader)
    assert checked.operation == "ne"
    single = {"type": "multi", "name": "m", "graders": CHECK, "calculate_output": "exact"}
    joined = graders.validate(grader=single).grader
    assert joined.type == "multi"
    assert joined.to_dict()["graders"] == {"exact": CHECK}
    code = graders.validate(grader={**python("return 1"), "image_tag": "2025-05-08"}).grader
    assert code.image_tag == "2025-05-08"
    limited = {**SCORE, "sampling_params": {"max_tokens": 5, "seed": None}}
    assert graders.validate(grader=limited).grader.sampling_params.max_completions_tokens == 5


@pytest.mark.parametrize("method", ["run", "validate"])
@pytest.mark.parametrize(
    ("grader", "param"),
    [
        ({**CHECK, "operation": "equals"}, "grader.operation"),
        ({"type": "nonsense"}, "grader.type"),
        ({k: v for k, v in CHECK.items() if k != "input"}, "grader.input"),
        ({**CHECK, "input": "{{ sample.output_text"}, "grader.input"),
        ({**CHECK, "surprise": 1}, "grader.surprise"),
        ({**LABEL, "passing_labels": ["great"]}, "grader.passing_labels"),
        ({**SCORE, "range": [2, 1]}, "grader.range"),
        ({**SCORE, "input": []}, "grader.input"),
        ({**SCORE, "sampling_params": {"temperature": 3}}, "grader.sampling_params.temperature"),
        ({"type": "python", "source": "x = 1"}, "grader.source"),
        ({"type": "python", "source": "def grade(sample, item"}, "grader.source"),
        ({"type": "python", "source": "#" * 256 * 1024}, "grader.source"),
        (
            {
                "type": "text_similarity",
                "name": "t",
                "input": "",
                "reference": "",
                "evaluation_metric": "cosine",
            },
            "grader.evaluation_metric",
        ),
        (
            {
                "type": "multi",
                "graders": {"x": {**CHECK, "operation": "similar"}},
                "calculate_output": "x",
            },
            "grader.graders.x.operation",
        ),
        (
            {"type": "multi", "graders": {"x": CHECK}, "calculate_output": "(" * 1000 + "x"},
            "grader.calculate_output",
        ),
        (
            {"type": "multi", "graders": {"x": CHECK}, "calculate_output": "y"},
            "grader.calculate_output",
        ),
    ],
)
def test_what_is_no_grader_is_refused_where_it_is_wrong(
    client: OpenAI, method: str, grader: Any, param: str
):
    arguments = {"grader": grader} | ({"model_sample": ""} if method == "run" else {})
    with pytest.raises(BadRequestError) as raised:
        getattr(client.fine_tuning.alpha.graders, method)(**arguments)
    assert raised.value.param == param


def test_a_judge_that_is_not_there_is_told_before_anything_runs(client: OpenAI):
    with pytest.raises(NotFoundError) as raised:
        client.fine_tuning.alpha.graders.validate(grader={**SCORE, "model": "gpt-nobody"})
    assert raised.value.param == "grader.model"
    assert raised.value.code == "model_not_found"


def test_the_request_itself_is_read_strictly(client: OpenAI):
    with pytest.raises(BadRequestError) as raised:
        run(client, CHECK, "x", extra_body={"surprise": 1})
    assert raised.value.param == "surprise"
    with pytest.raises(BadRequestError) as raised:
        run(client, CHECK, "x", item=["not", "an", "object"])
    assert raised.value.param == "item"


@pytest.mark.parametrize("reference", ["Oslo", {"city": "Oslo"}])
def test_older_clients_send_a_reference_answer_instead_of_an_item(client: OpenAI, reference: Any):
    path = "item.reference_answer" + (".city" if isinstance(reference, dict) else "")
    grader = {**CHECK, "reference": "{{ " + path + " }}", "input": "{{ sample.output_text }}"}
    body = {"grader": grader, "model_sample": "Oslo", "reference_answer": reference}
    graded = client.post("/fine_tuning/alpha/graders/run", body=body, cast_to=object)
    assert graded["reward"] == 1
    with pytest.raises(BadRequestError, match="cannot be given together") as raised:
        client.post("/fine_tuning/alpha/graders/run", body={**body, "item": {}}, cast_to=object)
    assert raised.value.param == "reference_answer"
