"""Every process of a real server is stopped, as a hang would, and the work continues."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance import acceptance
from tests.jobs.test_pause import wait_until
from tests.jobs.test_server_kills import training_file
from tests.live import live_server

# With limits of 3 seconds: until it is seen, the stacks are left, and torch is loaded again.
REPLACED_SECONDS = 90.0


@acceptance
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_stopped_processes_are_replaced_and_the_job_takes_every_step_once(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "understudy.toml").write_text("[hangs]\nidle_seconds = 3\n")
    with live_server(home) as server:
        client = server.client(max_retries=20, timeout=60)
        jobs = client.fine_tuning.jobs
        file = client.files.create(file=("weather.jsonl", training_file()), purpose="fine-tune")
        job = jobs.create(
            model="understudy-nano",
            training_file=file.id,
            hyperparameters={"n_epochs": 20, "batch_size": 1},
            seed=1,
        )
        wait_until(lambda: len(jobs.checkpoints.list(job.id).data) > 1)
        for name in ("trainer", "engine", "runner", "api"):
            stopped = server.children()[name]
            os.kill(stopped, signal.SIGSTOP)
            wait_until(
                lambda name=name, old=stopped: server.children().get(name, old) != old,
                REPLACED_SECONDS,
            )
            assert "most recent call first" in (home / "logs" / f"{name}.log").read_text()
        wait_until(lambda: jobs.retrieve(job.id).status == "succeeded", 300.0)
        events = list(jobs.list_events(job.id, limit=100))
        steps = Counter(event.data["step"] for event in events if event.type == "metrics")
        assert set(steps.values()) == {1}
        assert sorted(steps) == list(range(1, max(steps) + 1))
        warnings = [event.message for event in events if event.level == "warn"]
        assert any(message.startswith("The trainer hung") for message in warnings)
        answer = client.chat.completions.create(
            model=jobs.retrieve(job.id).fine_tuned_model or "",
            messages=[{"role": "user", "content": "Hello"}],
            max_tokens=4,
        )
        assert answer.choices[0].message.content is not None
