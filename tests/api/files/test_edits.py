"""Lines of a stored training file are changed into a new file."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer
from understudy.server.files.editing import edited

Ask = Callable[..., httpx2.Response]


def chat(question: str, answer: str = "yes") -> str:
    said = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": said})


# Spaces, a carriage return and no line end at last: what is untouched stays so.
SOURCE = (
    b'{ "messages" : [{"role":"user","content":"\\u00e4"},{"role":"assistant","content":"b"}]}\r\n'
    + f"{chat('two')}\n{chat('three')}\n{chat('two')}\n{chat('last')}".encode()
)
REORDERED = '{"messages":[{"content":"two","role":"user"},{"role":"assistant","content":"yes"}]}'


@pytest.fixture
def ask(server: RunningServer, key: str) -> Ask:
    def ask(path: str, as_key: str = key, **body: Any) -> httpx2.Response:
        address, sent = f"/v1/x/files/{path}", {"authorization": f"Bearer {as_key}"}
        if path.endswith("/edit"):
            sent["Idempotency-Key"] = str(body.pop("once", "first"))
            return server.http.post(address, json=body, headers=sent)
        return server.http.get(address, headers=sent)

    return ask


@pytest.fixture
def file(client: OpenAI) -> str:
    return client.files.create(file=("mine.jsonl", SOURCE), purpose="fine-tune").id


def message(answer: httpx2.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]


def test_an_edit_makes_a_new_file_in_which_all_other_lines_are_byte_for_byte(
    client: OpenAI, ask: Ask, file: str
):
    new = chat("three", "no")
    wish: dict[str, Any] = {
        "replace": [{"line": 3, "text": new}], "remove": [2], "append": [chat("more")],
    }  # fmt: skip
    made = ask(f"{file}/edit", **wish).json()
    lines = SOURCE.splitlines(keepends=True)
    wanted = lines[0] + new.encode() + b"\n" + lines[3] + lines[4] + b"\n"
    edited_file = made["edited_file"]
    assert client.files.content(edited_file["id"]).content == wanted + f"{chat('more')}\n".encode()
    assert edited_file["filename"] == "mine.edited.jsonl"
    assert client.files.content(file).content == SOURCE
    assert ask(f"{file}/edit", **wish).json()["edited_file"]["id"] == edited_file["id"]


def test_a_new_file_says_what_it_was_made_from_and_how(client: OpenAI, ask: Ask, file: str):
    assert ask(f"{file}/origin").json()["origin"] is None
    made = ask(f"{file}/edit", remove=[1, 4], filename="mine.jsonl").json()
    origin = ask(f"{made['edited_file']['id']}/origin").json()["origin"]
    assert origin == made["origin"]
    assert origin == {
        "deed": "edit", "file_id": file, "filename": "mine.jsonl", "is_deleted": False,
        "counts": {"removed": 1, "duplicates": 1},
    }  # fmt: skip
    client.files.delete(file)
    assert ask(f"{made['edited_file']['id']}/origin").json()["origin"]["is_deleted"]


def test_repeated_lines_are_those_with_the_same_value(client: OpenAI, ask: Ask):
    content = f"{chat('two')}\n{chat('other')}\n{REORDERED}\n".encode()
    file = client.files.create(file=("a.jsonl", content), purpose="fine-tune").id
    found = ask(f"{file}/duplicates").json()
    assert (found["total_lines"], found["data"]) == (3, [{"line": 3, "first": 1}])


def test_one_line_is_shown_whole(client: OpenAI, ask: Ask):
    long = chat("x" * 100_000)
    file = client.files.create(file=("a.jsonl", f"{long}\n".encode()), purpose="fine-tune").id
    assert ask(f"{file}/lines/1").json()["text"] == long
    assert "no line 2" in message(ask(f"{file}/lines/2"), 404)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({}, "Nothing is changed"),
        ({"remove": [6]}, "no line 6: the file has 5"),
        ({"remove": [1, 2, 3, 4, 5]}, "empty"),
        ({"replace": [{"line": 2, "text": '{"messages": []}'}]}, "Example 2"),
        ({"replace": [{"line": 2, "text": chat("a") + "\n"}]}, "line break"),
        ({"replace": [{"line": 2, "text": chat("a")}] * 2}, "replaced twice"),
        ({"replace": [{"line": 2, "text": chat("a")}], "remove": [2]}, "both"),
        ({"append": ["nonsense"]}, "Example 6"),
        ({"append": [chat("a")], "method": "dpo"}, "fine-tune-chat format"),
        ({"append": [chat("a")], "drop": True}, "drop"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(
    client: OpenAI, ask: Ask, file: str, wish: dict[str, Any], says: str
):
    assert says in message(ask(f"{file}/edit", **wish))
    assert [one.id for one in client.files.list()] == [file]


def test_files_of_others_too_large_ones_and_no_training_files_are_refused(
    server: RunningServer, client: OpenAI, ask: Ask, file: str, monkeypatch: pytest.MonkeyPatch
):
    _, stranger = server.new_project()
    for path in ("edit", "duplicates", "origin", "lines/1"):
        assert ask(f"{file}/{path}", as_key=stranger, remove=[1]).status_code == 404
    batch = client.files.create(file=("b.jsonl", SOURCE), purpose="batch").id
    assert "purpose 'batch'" in message(ask(f"{batch}/edit", remove=[1]))
    monkeypatch.setattr(edited, "MAX_FILE_BYTES", 10)
    assert "'understudy check'" in message(ask(f"{file}/edit", remove=[1]))


def test_a_file_that_is_no_training_file_becomes_one_by_its_last_edit(client: OpenAI, ask: Ask):
    content = f"{chat('a')}\nbroken\nalso\n".encode()
    file = client.files.create(file=("a.jsonl", content), purpose="user_data").id
    assert "Line 2" in message(ask(f"{file}/edit", remove=[3]))
    assert ask(f"{file}/edit", remove=[2, 3]).json()["edited_file"]["purpose"] == "fine-tune"
