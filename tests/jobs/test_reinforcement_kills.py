"""Jobs over graded answers on a real server: killed, paused, resumed, cancelled, continued."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

from tests.jobs.test_pause import steps_told, wait_until
from tests.live import LiveServer, live_server
from understudy.modeling.lora import read_adapter

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BASE = "understudy-nano"
PLACES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Seoul", "Bern", "Kyiv")
LENGTH = """
def grade(sample, item):
    return min(1.0, len(sample["output_text"]) / item["length"])
"""
STEPS = 40


def asked(place: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Repeat this: {place}"}]


def prompts() -> bytes:
    return "\n".join(
        json.dumps({"messages": asked(place), "length": 40}) for place in PLACES
    ).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("rewarded")) as running:
        yield running


def create(client: OpenAI, model: str = BASE, **hyperparameters: Any) -> FineTuningJob:
    training, held_out = (
        client.files.create(file=("prompts.jsonl", prompts()), purpose="fine-tune").id
        for _ in range(2)
    )
    asked_for: Any = {
        "grader": {"type": "python", "name": "long", "source": LENGTH},
        "preflight": False,
        "hyperparameters": {
            "n_epochs": STEPS // 5,
            "batch_size": 2,
            "compute_multiplier": 0.5,
            "max_completion_tokens": 16,
            "eval_interval": 10,
            **hyperparameters,
        },
    }
    return client.fine_tuning.jobs.create(
        model=model,
        training_file=training,
        validation_file=held_out,
        method={"type": "reinforcement", "reinforcement": asked_for},
        seed=1,
    )


def ended(client: OpenAI, job_id: str) -> FineTuningJob:
    retrieve = client.fine_tuning.jobs.retrieve
    wait_until(lambda: retrieve(job_id).status in ("succeeded", "failed", "cancelled"), seconds=240)
    return retrieve(job_id)


def answers(client: OpenAI, model: str) -> bool:
    completion = client.chat.completions.create(
        model=model,
        messages=asked("Oslo"),  # type: ignore[arg-type]
        max_tokens=10,
    )
    return completion.usage is not None and completion.usage.completion_tokens > 0


def weights(server: LiveServer, job_id: str, step: int) -> dict[str, Any]:
    return dict(read_adapter(server.home / "models" / job_id / f"step-{step}").layers)


def checkpoints(client: OpenAI, job_id: str) -> dict[int, dict[str, float]]:
    kept = client.fine_tuning.jobs.checkpoints.list(job_id).data
    return {each.step_number: each.metrics.to_dict() for each in kept}  # type: ignore[misc]


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, (a, b) in one.items():
        assert a.equal(other[name][0])
        assert b.equal(other[name][1])


def test_a_job_whose_trainer_is_killed_ends_with_the_weights_and_rewards_of_one_that_was_not(
    server: LiveServer,
):
    client = server.client(max_retries=20, timeout=60)
    whole, killed = create(client), create(client)
    assert ended(client, whole.id).status == "succeeded"
    for reached in (8, 23):
        wait_until(lambda reached=reached: len(steps_told(client, killed.id)) >= reached)
        old = server.children()["trainer"]
        server.kill("trainer")
        wait_until(lambda old=old: server.children().get("trainer", old) != old)

    done = ended(client, killed.id)
    assert done.status == "succeeded", done.error

    assert steps_told(client, killed.id) == Counter(range(1, STEPS + 1))
    first, second = checkpoints(client, whole.id), checkpoints(client, killed.id)
    assert first.keys() == second.keys()
    for step, metrics in first.items():
        assert metrics["full_valid_mean_reward"] == second[step]["full_valid_mean_reward"]
        assert_same(weights(server, whole.id, step), weights(server, killed.id, step))
    # Each validation is one run of the job's own eval, however often its step was made.
    eval_id = str(done.model_extra["eval_id"])  # type: ignore[index]
    runs = client.evals.runs.list(eval_id, limit=100).data
    assert len(runs) == STEPS // 10


def test_a_paused_job_leaves_a_model_to_ask_and_continues_from_it(server: LiveServer):
    client = server.client(max_retries=20, timeout=60)
    jobs = client.fine_tuning.jobs
    whole, job = create(client, eval_interval=20), create(client, eval_interval=20)
    assert ended(client, whole.id).status == "succeeded"
    wait_until(lambda: len(steps_told(client, job.id)) >= 5)

    jobs.pause(job.id)
    wait_until(lambda: jobs.retrieve(job.id).status == "paused")

    (paused,) = jobs.checkpoints.list(job.id).data
    assert 5 <= paused.step_number < 20
    assert answers(client, paused.fine_tuned_model_checkpoint)
    jobs.resume(job.id)
    assert ended(client, job.id).status == "succeeded"
    assert steps_told(client, job.id) == Counter(range(1, STEPS + 1))
    assert_same(weights(server, whole.id, STEPS), weights(server, job.id, STEPS))


def test_a_cancelled_job_keeps_its_checkpoints_and_another_job_starts_from_one(server: LiveServer):
    client = server.client(max_retries=20, timeout=60)
    jobs = client.fine_tuning.jobs
    job = create(client, eval_interval=2)
    wait_until(lambda: len(steps_told(client, job.id)) >= 5)

    assert jobs.cancel(job.id).status == "cancelled"

    wait_until(lambda: len(jobs.checkpoints.list(job.id).data) > 0)
    kept = jobs.checkpoints.list(job.id).data[0].fine_tuned_model_checkpoint
    assert answers(client, kept)
    continued = create(client, kept, n_epochs=1)
    done = ended(client, continued.id)
    assert (done.status, done.model) == ("succeeded", kept)
