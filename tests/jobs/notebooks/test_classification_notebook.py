"""OpenAI's notebook on classification with babbage-002 runs here with another base URL."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.notebooks import classification_notebook
from tests.live import KEY, live_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        "NOTEBOOKS" not in os.environ,
        reason="takes two minutes; NOTEBOOKS=1 pytest -m slow runs it",
    ),
]

# The labels in the tokens of the built-in model; the notebook's model has one for each.
TOKENS_PER_LABEL = 5


def test_the_notebook_runs_from_posts_to_a_model_that_sorts_them(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    # It reads the result file with pandas, as it was in January 2024.
    (home / "understudy.toml").write_text(
        'result_file_encoding = "plain"\n'
        f'[aliases]\n"{classification_notebook.MODEL}" = "understudy-nano"\n'
    )
    with live_server(home) as server:
        done = subprocess.run(
            (
                sys.executable,
                classification_notebook.__file__,
                str(tmp_path),
                str(TOKENS_PER_LABEL),
            ),
            env=os.environ | {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    found = dict(line.split("\t") for line in done.stdout.splitlines())
    assert float(found["train_accuracy"]) > 0.9
    assert float(found["valid_accuracy"]) > 0.9
    assert float(found["right"]) > 0.8
    (likeliest,) = json.loads(found["likeliest"])
    assert len(likeliest) == 2
