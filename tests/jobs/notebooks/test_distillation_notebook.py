"""OpenAI's notebook on distillation runs here with another `OPENAI_BASE_URL` as it does there."""

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.jobs.notebooks import wine_notebook
from tests.live import KEY, LiveServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        "NOTEBOOKS" not in os.environ,
        reason="takes two minutes; NOTEBOOKS=1 pytest -m slow runs it",
    ),
]

_BASE = "understudy-nano"
_NOTES = {
    "Chardonnay": ("butter", "vanilla"),
    "Malbec": ("plum", "violet"),
    "Riesling": ("lime", "petrol"),
    "Syrah": ("pepper", "olive"),
}
_PROVINCES = ("Alsace", "Bordeaux", "Burgundy", "Provence", "Beaujolais")
_WORDS = ("A ripe wine with notes of {}", "It smells of {} and is dry", "Soft, with much {}")
_FOODS = ("cheese", "fish", "game", "lamb", "mussels", "nothing at all", "roast duck", "salad")


@pytest.fixture(scope="module")
def wines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Descriptions whose notes say which grape it is, whatever the province."""
    dice = random.Random(3)
    path = tmp_path_factory.mktemp("wines") / "wines.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("part", "winery", "province", "description", "variety"))
        for part, times in (("teacher", 16), ("first", 16), ("second", 6)):
            for variety, notes in _NOTES.items():
                for _ in range(times):
                    note = dice.choice(notes)
                    said = f"{dice.choice(_WORDS).format(note)}, for {dice.choice(_FOODS)}."
                    winery = "".join(dice.choices("aeioubdklmnrst", k=7)).capitalize()
                    table.writerow((part, winery, dice.choice(_PROVINCES), said, variety))
    return path


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory, wines: Path) -> Iterator[tuple[LiveServer, str]]:
    """A server that plays OpenAI, and its large model, which knows its wines."""
    live = LiveServer(tmp_path_factory.mktemp("far"))
    live.start()
    with wines.open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [_example(row) for row in rows if row["part"] == "teacher"]
    client = live.client()
    given = client.files.create(
        file=("wines.jsonl", "\n".join(lines).encode()), purpose="fine-tune"
    )
    job = client.fine_tuning.jobs.create(
        model=_BASE, training_file=given.id, seed=1, hyperparameters={"n_epochs": 8}
    )
    while job.status not in ("succeeded", "failed"):
        time.sleep(0.2)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.fine_tuned_model is not None, job.error
    yield live, job.fine_tuned_model
    live.stop()


def _example(wine: dict[str, str]) -> str:
    asked = [
        {"role": "system", "content": wine_notebook.SOMMELIER},
        {"role": "user", "content": wine_notebook.prompt(wine, sorted(_NOTES))},
    ]
    answer = {"role": "assistant", "content": json.dumps({"variety": wine["variety"]})}
    return json.dumps({"messages": [*asked, answer]})


@pytest.fixture(scope="module")
def near(
    tmp_path_factory: pytest.TempPathFactory, far: tuple[LiveServer, str]
) -> Iterator[LiveServer]:
    """The server whose address the notebook is given."""
    home = tmp_path_factory.mktemp("near")
    server, teacher = far
    (home / "understudy.toml").write_text(
        f'[aliases]\n"gpt-4o-mini" = "{_BASE}"\n\n[remote_models.gpt-4o]\n'
        f'base_url = "{server.url}"\nmodel = "{teacher}"\napi_key_env = "FAR_WINE_KEY"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAR_WINE_KEY", KEY)
        live = LiveServer(home)
        live.start()
        yield live
        live.stop()


def _run(server: LiveServer, *arguments: str) -> dict[str, float]:
    done = subprocess.run(
        (sys.executable, wine_notebook.__file__, *arguments),
        env=os.environ | {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {name: float(share) for name, share in map(str.split, done.stdout.splitlines())}


def _clicked(client: OpenAI) -> dict[str, Any]:
    """What a click on "Distil these answers" asks for, with the filters of the notebook."""
    made: Any = client.post(
        "/x/distillations",
        cast_to=object,
        body={
            "source": {"type": "stored_completions", "metadata": wine_notebook.METADATA},
            "teacher": "gpt-4o",
            "student": "gpt-4o-mini",
            "suffix": "wine-distillation",
            "hyperparameters": {"n_epochs": 2},
        },
    )
    while made["status"] not in ("succeeded", "failed"):
        time.sleep(0.2)
        made = client.get(f"/x/distillations/{made['id']}", cast_to=object)
    return made


def test_the_notebook_runs_from_stored_answers_to_a_student_that_answers_beside_its_teacher(
    near: LiveServer, wines: Path
):
    before = _run(near, "before", str(wines))
    made = _clicked(near.client())
    assert made["status"] == "succeeded", made["error"]
    after = _run(near, "after", str(wines), made["job_id"])

    (student,) = after.keys() - before.keys()
    assert student.startswith("ft:gpt-4o-mini:personal:wine-distillation:")
    # The small model's own answers are stored under the same metadata, and are not learned.
    assert made["counts"]["found"] == 64
    assert list(made["counts"]["teachers"]) == ["gpt-4o"]
    assert before["gpt-4o"] > before["gpt-4o-mini"] + 0.2
    # A student this small needs more answers than a test has time for; the flow is what is tested.
    assert set(after) == {"gpt-4o", "gpt-4o-mini", student}
