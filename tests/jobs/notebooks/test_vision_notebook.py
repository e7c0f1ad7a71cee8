"""OpenAI's notebook on vision fine-tuning runs here with another `OPENAI_BASE_URL`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.notebooks import vision_notebook
from tests.live import KEY, LiveServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        "NOTEBOOKS" not in os.environ,
        reason="takes two minutes; NOTEBOOKS=1 pytest -m slow runs it",
    ),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that knows the notebook's model by its name."""
    home = tmp_path_factory.mktemp("home")
    (home / "understudy.toml").write_text(
        f'[aliases]\n"{vision_notebook.MODEL}" = "understudy-vision-nano"\n'
    )
    live = LiveServer(home)
    live.start()
    yield live
    live.stop()


def test_the_notebook_runs_from_pictures_to_a_model_that_knows_its_books(
    server: LiveServer, tmp_path: Path
):
    done = subprocess.run(
        (sys.executable, vision_notebook.__file__, str(tmp_path)),
        env=os.environ | {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rows = (line.split("\t") for line in done.stdout.splitlines())
    shares = {name: int(right) / int(asked) for name, right, asked in rows}

    (tuned,) = (name for name in shares if name.startswith("ft:gpt-4o-2024-08-06:personal::"))
    assert shares["judged"] == 1
    # A dozen pictures: the flow is what is tested, and that they were looked at.
    assert shares[tuned] > shares[vision_notebook.ALIAS] + 0.2
