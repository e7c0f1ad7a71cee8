"""The example of rewards runs as it stands, and many more held-out sums come out right."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance import acceptance
from understudy.cli.demo.server import running_server

ROOT = Path(__file__).parent.parent.parent
REPORTED = re.compile(r"^(\w+): (.+)% of .* between (.+)% and (.+)% \((.+)\)$", re.MULTILINE)


@acceptance
@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_rewards_make_a_model_reliable_that_examples_have_taught(tmp_path: Path):
    with running_server(tmp_path) as server:
        done = subprocess.run(
            [sys.executable, "examples/reinforcement.py"],
            cwd=ROOT,
            env=os.environ | {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key},
            capture_output=True,
            text=True,
            timeout=1400,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {name: tuple(map(float, rest[:3])) for name, *rest in REPORTED.findall(done.stdout)}
    assert list(found) == ["Base", "Supervised", "Reinforcement"], done.stdout
    (base, _, _), (taught, _, most), (rewarded, least, _) = found.values()
    assert base < 10
    assert 45 <= taught <= 75
    assert rewarded >= 80, done.stdout
    assert least > most, done.stdout
