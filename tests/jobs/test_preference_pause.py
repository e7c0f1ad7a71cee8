"""Jobs over pairs on a real server: continued, paused, killed, resumed, cancelled."""

import json
from collections import Counter
from pathlib import Path

import pytest
from openai import OpenAI

from tests.acceptance import acceptance
from tests.jobs.test_pause import steps_told, wait_until
from tests.live import live_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BASE = "understudy-nano"
PLACES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Seoul", "Bern", "Kyiv")


def asked(place: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"How is {place}?"}]


def chats() -> bytes:
    lines = [
        {"messages": [*asked(place), {"role": "assistant", "content": f"{place} is fine."}]}
        for place in PLACES
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def pairs() -> bytes:
    lines = [
        {
            "input": {"messages": asked(place)},
            "preferred_output": [{"role": "assistant", "content": f"{place} is great!"}],
            "non_preferred_output": [{"role": "assistant", "content": f"{place} is fine."}],
        }
        for place in PLACES
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def upload(client: OpenAI, content: bytes) -> str:
    return client.files.create(file=("f.jsonl", content), purpose="fine-tune").id


def preferring(**hyperparameters: int) -> dict[str, object]:
    return {"type": "dpo", "dpo": {"hyperparameters": hyperparameters}}


@acceptance
def test_a_chain_of_jobs_with_a_pause_and_a_kill_ends_each_once(tmp_path: Path):
    with live_server(tmp_path / "home") as server:
        client = server.client(max_retries=20, timeout=60)
        jobs = client.fine_tuning.jobs

        def ended(job_id: str) -> str:
            wait_until(
                lambda: jobs.retrieve(job_id).status in ("succeeded", "failed", "cancelled"),
                seconds=200,
            )
            return jobs.retrieve(job_id).status

        first = jobs.create(model=BASE, training_file=upload(client, chats()), seed=1)
        assert ended(first.id) == "succeeded"
        taught = str(jobs.retrieve(first.id).fine_tuned_model)

        pair_file = upload(client, pairs())
        job = jobs.create(
            model=taught,
            training_file=pair_file,
            method=preferring(n_epochs=20, batch_size=1),  # type: ignore[arg-type]
            seed=1,
        )
        wait_until(lambda: len(steps_told(client, job.id)) >= 15)
        jobs.pause(job.id)
        old = server.children()["trainer"]
        server.kill("trainer")
        wait_until(lambda: server.children().get("trainer", old) != old)
        wait_until(lambda: jobs.retrieve(job.id).status == "paused")
        jobs.resume(job.id)
        assert ended(job.id) == "succeeded"
        assert steps_told(client, job.id) == Counter(range(1, 201))

        # A third job begins at what the second made, and is cancelled on its way.
        preferred = str(jobs.retrieve(job.id).fine_tuned_model)
        third = jobs.create(
            model=preferred,
            training_file=pair_file,
            method=preferring(n_epochs=20, batch_size=1),  # type: ignore[arg-type]
        )
        wait_until(lambda: len(steps_told(client, third.id)) >= 3)
        first_step = next(
            event.data
            for event in jobs.list_events(third.id, limit=100)
            if event.type == "metrics" and event.data["step"] == 1
        )
        # The reference is the model that the job begins at, not its base.
        assert first_step["train_loss"] == pytest.approx(0.6931, abs=1e-3)
        assert first_step["train_reward_margin"] == pytest.approx(0.0, abs=1e-3)
        jobs.cancel(third.id)
        assert ended(third.id) == "cancelled"
        answer = client.chat.completions.create(
            model=preferred,
            messages=asked("Oslo"),  # type: ignore[arg-type]
            max_tokens=10,
        )
        assert answer.usage is not None
        assert answer.usage.completion_tokens > 0
