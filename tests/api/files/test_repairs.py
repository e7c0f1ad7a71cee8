"""Any upload is looked through on the server, and repaired into a new file."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer

GOOD = b'{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n'
Ask = Callable[..., httpx2.Response]


@pytest.fixture
def ask(server: RunningServer, key: str) -> Ask:
    def ask(path: str, **body: Any) -> httpx2.Response:
        sent = {"authorization": f"Bearer {key}", "Idempotency-Key": "once"}
        address = f"/v1/x/files/{path}"
        if path.endswith("/repair"):
            return server.http.post(address, json=body, headers=sent)
        return server.http.get(address, headers=sent)

    return ask


@pytest.fixture
def file(client: OpenAI) -> str:
    content = GOOD.replace(b"user", b"human") + b"no json\n" + GOOD
    return client.files.create(file=("raw.txt", content), purpose="user_data").id


def test_the_faults_of_any_file_are_listed(ask: Ask, file: str):
    found = ask(f"{file}/faults").json()
    assert (found["rows"], found["good_rows"], found["unrepaired_rows"]) == (3, 2, 1)
    assert [fault["line"] for fault in found["faults"]] == [1, 2]
    assert found["faults"][0]["shown"]["marked"] == '"human"'


def test_a_repaired_file_is_a_new_training_file_made_once(client: OpenAI, ask: Ask, file: str):
    made = ask(f"{file}/repair", leave_out_rest=True).json()["repaired_file"]
    assert (made["purpose"], made["filename"]) == ("fine-tune", "raw.repaired.jsonl")
    assert client.files.content(made["id"]).content.count(b"\n") == 2
    assert client.files.content(file).content.count(b"human") == 1
    again = ask(f"{file}/repair", leave_out_rest=True).json()["repaired_file"]
    assert again["id"] == made["id"]


def test_rows_that_nothing_repairs_are_left_out_only_when_asked_for(ask: Ask, file: str):
    answer = ask(f"{file}/repair")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == "leave_out_rest"
    assert "line 2" in error["message"]


def test_a_file_without_one_good_row_is_refused(client: OpenAI, ask: Ask):
    bad = client.files.create(file=("a.zip", b"PK\x03\x04"), purpose="user_data").id
    answer = ask(f"{bad}/repair", leave_out_rest=True)
    assert answer.status_code == 400
    assert "Excel" in answer.json()["error"]["message"]


def test_files_of_others_are_not_found(ask: Ask):
    assert ask("file-nobody/faults").status_code == 404
    assert ask("file-nobody/repair").status_code == 404
