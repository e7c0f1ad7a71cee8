"""The example of preferences runs as it stands, and what is sampled changes significantly."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.acceptance import acceptance
from understudy.cli.demo.server import running_server

ROOT = Path(__file__).parent.parent.parent


@acceptance
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_preferred_style_wins_among_sampled_answers(tmp_path: Path):
    with running_server(tmp_path) as server:
        done = subprocess.run(
            [sys.executable, "examples/dpo.py"],
            cwd=ROOT,
            env=os.environ | {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key},
            capture_output=True,
            text=True,
            timeout=800,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        headers = {"Authorization": f"Bearer {server.api_key}"}
        jobs = httpx.get(f"{server.base_url}/fine_tuning/jobs", headers=headers).json()["data"]
        path = f"{server.base_url}/x/fine_tuning/jobs/{jobs[0]['id']}/report"
        card = httpx.get(path, headers=headers).json()["card"]
    assert jobs[0]["model"] == jobs[1]["fine_tuned_model"]
    won = card["win_rate"]
    assert (won["verdict"], won["p_value"] < 0.05) == ("better", True), card["sentence"]
    assert won["interval"]["low"] > 0.5
    passing = card["passing"]
    assert passing["base"]["passed"] < passing["tuned"]["passed"]
    assert "the tuned model's sampled answers are better" in done.stdout
