"""The tour that README shows runs as it stands, against a server as a user starts it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.cli.demo.server import running_server

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_tour_teaches_a_model_its_name(tmp_path: Path):
    with running_server(tmp_path) as server:
        tour = subprocess.run(
            [sys.executable, "examples/tour.py"],
            cwd=ROOT,
            env=os.environ | {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key},
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert tour.returncode == 0, tour.stdout + tour.stderr
    assert "The job has successfully completed" in tour.stdout
    base_answer, tuned_answer = tour.stdout.splitlines()[-4], tour.stdout.splitlines()[-1]
    assert tuned_answer.strip() == "I am Pip, the parrot of this ship."
    assert base_answer.strip() != tuned_answer.strip()
