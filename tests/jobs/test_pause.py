"""Pausing a real job on a real server, with processes killed on the way."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from openai import OpenAI

from tests.acceptance import acceptance
from tests.jobs.test_server_kills import training_file
from tests.live import live_server

JOB_SECONDS = 90.0
REACTION_SECONDS = 5.0


def wait_until(condition: Callable[[], bool], seconds: float = JOB_SECONDS) -> float:
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "waited too long"
        time.sleep(0.05)
    return time.monotonic() - begun


def steps_told(client: OpenAI, job_id: str) -> Counter[int]:
    events = client.fine_tuning.jobs.list_events(job_id, limit=100)
    return Counter(event.data["step"] for event in events if event.type == "metrics")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "kill_comes",
    [
        pytest.param("while pausing", marks=acceptance),
        "while paused",
        pytest.param("after resuming", marks=acceptance),
    ],
)
def test_a_job_paused_in_the_middle_survives_a_kill_and_succeeds_once(
    tmp_path: Path, kill_comes: str
):
    with live_server(tmp_path / "home") as server:
        client = server.client(max_retries=20, timeout=60)
        jobs = client.fine_tuning.jobs
        file = client.files.create(file=("weather.jsonl", training_file()), purpose="fine-tune")
        job = jobs.create(
            model="understudy-nano",
            training_file=file.id,
            hyperparameters={"n_epochs": 20, "batch_size": 1},
            seed=1,
        )

        def kill_trainer(now: str) -> None:
            if now == kill_comes:
                old = server.children()["trainer"]
                server.kill("trainer")
                wait_until(lambda: server.children().get("trainer", old) != old)

        wait_until(lambda: len(steps_told(client, job.id)) >= 15)
        # Of the first epoch, which may still be on its way to the disk.
        wait_until(lambda: bool(jobs.checkpoints.list(job.id).data))
        assert jobs.pause(job.id).status == "running"
        kill_trainer("while pausing")
        seconds = wait_until(lambda: jobs.retrieve(job.id).status == "paused")
        assert seconds < REACTION_SECONDS or kill_comes == "while pausing"
        done = steps_told(client, job.id)
        assert_checkpoints_answer(client, job.id)
        kill_trainer("while paused")
        time.sleep(1)
        assert jobs.retrieve(job.id).status == "paused"
        assert steps_told(client, job.id) == done

        assert jobs.resume(job.id).status == "queued"
        kill_trainer("after resuming")
        wait_until(lambda: jobs.retrieve(job.id).status in ("succeeded", "failed"))
        assert jobs.retrieve(job.id).status == "succeeded"
        assert steps_told(client, job.id) == Counter(range(1, 201))
        told = Counter(event.message for event in jobs.list_events(job.id, limit=100))
        for once in ("paused", "resumed"):
            assert told[f"The job has been {once}"] == 1
        assert told["The job has successfully completed"] == 1
        found = (server.home / "models" / job.id).iterdir()
        assert sorted(path.name for path in found) == ["step-180", "step-190", "step-200"]


def assert_checkpoints_answer(client: OpenAI, job_id: str) -> None:
    checkpoints = client.fine_tuning.jobs.checkpoints.list(job_id).data
    assert checkpoints
    answer = client.chat.completions.create(
        model=checkpoints[0].fine_tuned_model_checkpoint,
        messages=[{"role": "user", "content": "What is the weather in Oslo?"}],
        max_tokens=5,
    )
    assert answer.usage.completion_tokens > 0
