"""Whole jobs over every kind of reward on a real server, and over rewards that do not work."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

from tests.acceptance import acceptance
from tests.jobs.test_pause import wait_until
from tests.live import LiveServer, live_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BASE, JUDGE, FULL = "understudy-nano", "understudy-mini", "understudy-mini"
PLACES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Seoul", "Bern", "Kyiv")
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}
PLACE_SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "place",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"place": {"type": "string", "enum": ["Oslo", "Rome"]}},
            "required": ["place"],
            "additionalProperties": False,
        },
    },
}
ALIKE = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.place }}",
    "evaluation_metric": "fuzzy_match",
}
EQUAL = {
    "type": "string_check",
    "name": "equal",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.place }}",
    "operation": "eq",
}
JUDGED = {
    "type": "score_model",
    "name": "judged",
    "model": JUDGE,
    "range": [0, 10],
    "input": [{"role": "user", "content": "Give a score for: {{ sample.output_text }}"}],
    "sampling_params": {"max_completions_tokens": 120},
}
SETTINGS = f"""python_grader_seconds = 1

[models."{FULL}"]
training = "full"
"""


def python(body: str) -> dict[str, Any]:
    return {"type": "python", "name": "code", "source": f"def grade(sample, item):\n    {body}"}


def prompts(asked: str = "Repeat this: {}", **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "messages": [{"role": "user", "content": asked.format(place)}],
            "place": place,
            **more,
        }
        for place in PLACES
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("rewards")
    (home / "understudy.toml").write_text(SETTINGS)
    with live_server(home) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: LiveServer) -> OpenAI:
    return server.client(max_retries=5, timeout=60)


def upload(client: OpenAI, lines: Sequence[dict[str, Any]]) -> str:
    content = "\n".join(map(json.dumps, lines)).encode()
    return client.files.create(file=("lines.jsonl", content), purpose="fine-tune").id


def ended(
    client: OpenAI,
    grader: dict[str, Any],
    lines: Sequence[dict[str, Any]] | None = None,
    *,
    model: str = BASE,
    max_tokens: int = 24,
    **settings: Any,
) -> FineTuningJob:
    """Run a job of one step and return it as it ended."""
    lines = prompts() if lines is None else lines
    method: Any = {
        "type": "reinforcement",
        "reinforcement": {
            "grader": grader,
            "hyperparameters": {
                "n_epochs": 1,
                "batch_size": 10,
                "compute_multiplier": 0.5,
                "max_completion_tokens": max_tokens,
            },
            "preflight": False,
            **settings,
        },
    }
    job = client.fine_tuning.jobs.create(
        model=model,
        training_file=upload(client, lines),
        validation_file=upload(client, lines),
        method=method,
        seed=1,
    )
    retrieve = client.fine_tuning.jobs.retrieve
    wait_until(lambda: retrieve(job.id).status in ("succeeded", "failed"), seconds=240)
    return retrieve(job.id)


def metrics(client: OpenAI, job: FineTuningJob) -> dict[str, Any]:
    assert job.status == "succeeded", job.error
    events = client.fine_tuning.jobs.list_events(job.id, limit=100).data
    return next(event.data for event in events if event.type == "metrics")  # type: ignore[misc]


def test_a_model_of_this_server_judges_the_answers(client: OpenAI):
    found = metrics(client, ended(client, JUDGED))

    used = found["model_graders_token_usage"][JUDGE]
    assert used["train_prompt_tokens"] > 0
    assert used["eval_completion_tokens"] > 0
    (usage,) = found["usage"]["graders"]
    assert (usage["name"], usage["model"]) == ("judged", JUDGE)
    assert 0 <= found["train_mean_reward"] <= 10


def test_likeness_is_rewarded(client: OpenAI):
    found = metrics(client, ended(client, ALIKE, prompts("What do you know about {}?")))

    assert 0 < found["train_mean_reward"] < 1
    assert found["scores"]["graders"][0]["type"] == "text_similarity"


def test_each_grader_of_several_is_reported_beside_their_sum(client: OpenAI):
    graders = {"alike": ALIKE, "equal": EQUAL}
    several = {"type": "multi", "graders": graders, "calculate_output": "0.5 * alike + 2 * equal"}

    found = metrics(client, ended(client, several))

    whole, *parts = found["scores"]["graders"]
    assert [part["name"] for part in parts] == ["alike", "equal"]
    alike, equal = (part["train_reward_mean"] for part in parts)
    assert whole["train_reward_mean"] == pytest.approx(0.5 * alike + 2 * equal)


def test_calls_of_the_tools_of_a_line_are_seen_by_the_grader(client: OpenAI):
    calls = python(
        "calls = sample['output_tools']\n"
        "    names = [call['function']['name'] for call in calls]\n"
        "    return float(names == ['get_current_weather'])"
    )
    lines = prompts("What is the weather in {}?", tools=[WEATHER])

    job = ended(client, calls, lines, max_tokens=64)

    assert metrics(client, job)["full_valid_mean_reward"] > 0
    samples: Any = client.get(f"/x/fine_tuning/jobs/{job.id}/samples", cast_to=object)
    assert "get_current_weather" in json.dumps(samples)


def test_answers_are_held_to_the_format_and_graders_read_it(client: OpenAI):
    place = python("return float(sample['output_json']['place'] in ('Oslo', 'Rome'))")

    found = metrics(client, ended(client, place, response_format=PLACE_SCHEMA))

    assert found["full_valid_mean_reward"] == 1.0
    assert found["full_valid_mean_parse_error"] == 0.0


def test_all_weights_can_learn_from_rewards(client: OpenAI):
    job = ended(client, ALIKE, model=FULL, shadow_grader=EQUAL)

    found = metrics(client, job)
    assert "full_valid_shadow_mean_reward" in found
    words = [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=100)]
    assert any("all weights" in message for message in words)
    answer = client.chat.completions.create(
        model=str(job.fine_tuned_model),
        messages=[{"role": "user", "content": "Repeat this: Oslo"}],
        max_tokens=8,
    )
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0


@pytest.mark.parametrize("preflight", [True, False])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return item['nothing']", "KeyError: 'nothing'"),
        ("return float('nan')", "nan"),
        ("return 'good'", "str"),
    ],
)
def test_a_grader_that_always_fails_ends_the_job_with_what_it_said(
    client: OpenAI, body: str, words: str, *, preflight: bool
):
    job = ended(client, python(body), preflight=preflight)

    assert job.status == "failed"
    assert job.error is not None
    assert job.error.code == ("preflight_failed" if preflight else "grader_errors")
    assert words in str(job.error.message)


@acceptance
def test_a_grader_that_takes_too_long_ends_the_job_with_its_limit(client: OpenAI):
    job = ended(client, python("while True: pass"))

    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "grader_errors")
    assert "1 s" in str(job.error.message)


def test_a_variable_that_no_line_has_ends_the_job_before_it_trains(client: OpenAI):
    job = ended(client, {**EQUAL, "reference": "{{ item.nothing }}"})

    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "invalid_variable")
    assert "Example 1 has no value for the variable 'item.nothing'" in str(job.error.message)
    assert job.error.param == "training_file"


def test_answers_that_never_end_are_said_to_be_cut_off(client: OpenAI):
    job = ended(client, ALIKE, max_tokens=1, preflight=True)

    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "preflight_failed")
    assert "do not end within 1 tokens" in str(job.error.message)


def test_a_file_of_answered_chats_is_refused_by_its_format(client: OpenAI):
    chats = [
        {"messages": [*line["messages"], {"role": "assistant", "content": line["place"]}]}
        for line in prompts()
    ]

    job = ended(client, {**EQUAL, "reference": "Oslo"}, chats)

    assert job.error is not None
    assert (job.status, job.error.code) == ("failed", "invalid_training_file")
    assert "is in the fine-tune-chat format" in str(job.error.message)
    assert "(provided method=reinforcement)" in str(job.error.message)


def test_a_file_of_prompts_is_refused_by_other_methods(client: OpenAI):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=upload(client, prompts()))
    retrieve = client.fine_tuning.jobs.retrieve
    wait_until(lambda: retrieve(job.id).status in ("succeeded", "failed"))

    error = retrieve(job.id).error
    assert error is not None
    assert error.param == "training_file"
    assert "reinforcement" in str(error.message)
