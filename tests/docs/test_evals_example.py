"""The example of evals runs as it stands, against a server as a user starts it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from openai import OpenAI

from tests.acceptance import acceptance
from understudy.cli.demo.server import running_server

ROOT = Path(__file__).parent.parent.parent
REPORT_SECONDS = 60


def report_of(client: OpenAI, job_id: str) -> dict[str, object]:
    """Wait for the report card, which is made after the job."""
    deadline = time.monotonic() + REPORT_SECONDS
    while True:
        report = client.get(f"/x/fine_tuning/jobs/{job_id}/report", cast_to=object)
        if report["card"] is not None:
            return report["card"]
        assert report["status"] == "queued", report
        assert time.monotonic() < deadline
        time.sleep(0.5)


@acceptance
@pytest.mark.slow
@pytest.mark.timeout(500)
def test_the_example_finds_the_tuned_model_better(tmp_path: Path):
    with running_server(tmp_path) as server:
        environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key}
        example = subprocess.run(
            [sys.executable, "examples/evals.py"],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert example.returncode == 0, example.stdout + example.stderr
        assert "The candidate is better" in example.stdout, example.stdout

        client = OpenAI(base_url=server.base_url, api_key=server.api_key)
        job = client.fine_tuning.jobs.list().data[0]
        card = report_of(client, job.id)
        assert card["held_out_examples"] == card["answered_examples"] == 20
        assert card["loss"]["tuned"] < card["loss"]["base"]
        assert card["token_accuracy"]["tuned"] > card["token_accuracy"]["base"]
        exact = card["exact_match"]
        assert exact["tuned"]["passed"] > exact["base"]["passed"]
        assert card["samples"]
        events = client.fine_tuning.jobs.list_events(job.id, limit=100).data
        told = [event for event in events if event.message.startswith("Report card")]
        assert [event.message for event in told] == [card["sentence"]]
        shown = subprocess.run(
            [sys.executable, "-m", "understudy", "jobs", "report", job.id, "--json"],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert json.loads(shown.stdout)["card"] == card
