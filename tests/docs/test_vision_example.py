"""The example of images runs as it stands, and the tuned model knows shelves that no base can."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance import acceptance
from understudy.cli.demo.server import running_server

ROOT = Path(__file__).parent.parent.parent


@acceptance
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_shelves_are_learned_from_pictures_and_applied_to_new_ones(tmp_path: Path):
    with running_server(tmp_path) as server:
        done = subprocess.run(
            [sys.executable, "examples/vision.py"],
            cwd=ROOT,
            env=os.environ | {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key},
            capture_output=True,
            text=True,
            timeout=800,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    base, tuned = done.stdout.splitlines()
    assert base.startswith("understudy-vision-nano: 0 of")
    assert tuned.startswith("ft:understudy-vision-nano:personal:shelves:")
    (known, of_known), (new, of_new) = re.findall(r"(\d+) of (\d+)", tuned)
    assert int(known) / int(of_known) > 0.8
    assert int(new) / int(of_new) > 0.4
