"""`understudy batch`, as it is typed in a shell."""

import json
from pathlib import Path

import pytest
from openai import OpenAI
from typer.testing import Result

from tests.api.batches.inputs import chat_body, jsonl, line
from tests.api.harness import RunningServer
from tests.unit.cli.support import run, words


@pytest.fixture
def understudy(server: RunningServer, key: str):
    def command(*arguments: str) -> Result:
        return run(
            *arguments, OPENAI_BASE_URL=f"{server.url}/v1", OPENAI_API_KEY=key, COLUMNS="200"
        )

    return command


def test_a_file_is_answered_in_one_command(server: RunningServer, understudy, tmp_path: Path):
    server.engine.says("Hello")
    path = tmp_path / "questions.jsonl"
    path.write_bytes(jsonl([line("a", chat_body()), line("b", chat_body(temperature=7))]))

    done = understudy("batch", "run", str(path))

    assert done.exit_code == 1, "one request was refused"
    assert "completed: 2 of 2, 1 failed" in done.output
    outputs, errors = tmp_path / "questions.output.jsonl", tmp_path / "questions.errors.jsonl"
    assert f"Wrote {outputs}" in words(done.output)
    (row,) = map(json.loads, outputs.read_text().splitlines())
    assert row["response"]["body"]["choices"][0]["message"]["content"] == "Hello"
    (refused,) = map(json.loads, errors.read_text().splitlines())
    assert (refused["custom_id"], refused["response"]["status_code"]) == ("b", 400)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "questions.errors.jsonl",
        "questions.jsonl",
        "questions.output.jsonl",
    ]

    again = understudy("batch", "run", str(path))
    assert again.exit_code == 1
    assert "exists already" in again.output
    batch_id = done.output.split()[0]
    listed = understudy("batch", "list").output
    assert listed.split("\t")[:3] == [batch_id, "completed", "2 of 2, 1 failed"]
    assert row["response"]["body"]["model"] in understudy("batch", "show", batch_id).output
    refusal = understudy("batch", "cancel", batch_id)
    assert "Cannot cancel a batch with status 'completed'" in refusal.output
    followed = understudy("batch", "follow", batch_id, "--out", str(tmp_path / "more.jsonl"))
    assert followed.exit_code == 1
    assert (tmp_path / "more.jsonl").read_bytes() == outputs.read_bytes()


def test_what_is_wrong_with_a_file_is_printed_by_line(understudy, tmp_path: Path, client: OpenAI):
    path = tmp_path / "questions.jsonl"
    path.write_bytes(jsonl([line("a", chat_body()), line("a", chat_body())]))
    done = understudy("batch", "run", str(path), "--out", str(tmp_path / "answers.jsonl"))
    assert done.exit_code == 1
    assert "line 2: The custom_id 'a'" in words(done.output)
    assert not (tmp_path / "answers.jsonl").exists()

    path.write_text("prompt,answer\n")
    refused = understudy("batch", "run", str(path))
    assert refused.exit_code == 1
    assert "is no request of a batch" in refused.output
    assert len(client.batches.list().data) == 1
