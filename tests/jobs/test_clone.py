"""A model of an account elsewhere is cloned whole: asked, learned, reported on, and replaced."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from tests.acceptance import acceptance
from tests.live import KEY, LiveServer
from tests.remote import FakeRemote, Reply, Request, completion

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_BASE = "understudy-nano"
_DATA = files("understudy.cli.demo") / "data"
_OLD = "ft:gpt-4o-mini-2024-07-18:acme:tickets:abc123"


def _lines() -> list[dict[str, Any]]:
    lines = (_DATA / "tickets_training.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines if line.strip()]


@pytest.fixture
def old_account() -> Iterator[FakeRemote]:
    """What still answers for the old model: it knows every ticket."""
    answers = {each["messages"][1]["content"]: each["messages"][2]["content"] for each in _lines()}

    def answer(request: Request) -> Reply:
        assert request.body["model"] == _OLD
        return completion(answers[request.body["messages"][-1]["content"]], model=_OLD)

    with FakeRemote().running() as remote:
        remote.says(by=answer)
        yield remote


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, old_account: FakeRemote):
    home = tmp_path_factory.mktemp("cloning")
    (home / "understudy.toml").write_text(old_account.table("old-tickets", f'model = "{_OLD}"'))
    live = LiveServer(home)
    live.start()
    yield live
    live.stop()


@acceptance
def test_a_clone_agrees_with_the_old_model_far_more_than_its_base_and_takes_its_name(
    server: LiveServer, old_account: FakeRemote
) -> None:
    client = server.client()
    content = "".join(json.dumps(each) + "\n" for each in _lines()).encode()
    copy = client.files.create(file=("tickets.jsonl", content), purpose="fine-tune").id
    job = {"id": "ftjob-1", "fine_tuned_model": _OLD, "training_file": "file-there"}
    record = {
        "source": "https://api.openai.com/v1",
        "object": job,
        "file_ids": {"file-there": copy},
    }
    client.put("/x/history/jobs/ftjob-1", cast_to=object, body=record)

    done = subprocess.run(
        (
            *(sys.executable, "-m", "understudy", "clone", _OLD, "--base", _BASE),
            *("--yes", "--alias", "--n-epochs", "6"),
        ),
        env=os.environ | {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY, "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(old_account.requests) == len({json.dumps(each["messages"]) for each in _lines()})
    rows = {line.split("\t")[0]: line.split("\t") for line in done.stdout.splitlines()}
    label = rows["label"]
    assert int(label[2].split()[0]) > int(label[1].split()[0]) + 30
    assert float(label[5]) < 0.05
    # Code that is not changed asks for the old name, and the clone answers.
    asked = _lines()[0]["messages"][:2]
    answer = client.chat.completions.create(model=_OLD, messages=asked, temperature=0)
    assert answer.model.startswith(f"ft:{_BASE}:")
    assert answer.choices[0].message.content.startswith("#")
    assert len(old_account.requests) == len({json.dumps(each["messages"]) for each in _lines()})
