"""Teachers whose terms forbid training, and teachers that change while they are captured."""

import json
import logging
from typing import Any

import pytest
from openai import OpenAI, PermissionDeniedError

from tests.api.harness import BASE
from tests.api.remote.conftest import Joined
from tests.remote import FakeRemote, completion, stream
from tests.unit.cli.support import run

HELLO: Any = [{"role": "user", "content": "Hello?"}]
SNAPSHOT = "gpt-4.1-2025-08-01"


def preview(client: OpenAI, **fields: Any) -> Any:
    body = {"source": {"type": "stored_completions"}, "student": BASE, **fields}
    return client.post("/x/distillations/preview", cast_to=object, body=body)


def test_a_teacher_that_is_marked_is_refused_with_the_reason(client: OpenAI):
    lines = "".join(json.dumps({"prompt": f"{n}?"}) + "\n" for n in range(20)).encode()
    file = client.files.create(file=("questions.jsonl", lines), purpose="user_data")
    asked = {"type": "questions", "file_id": file.id}

    for fields in ({"source": asked}, {}):
        body = {"source": {"type": "stored_completions"}, "student": BASE, **fields}
        with pytest.raises(PermissionDeniedError) as refused:
            client.post("/x/distillations", cast_to=object, body={**body, "teacher": "forbidden"})
        assert (refused.value.code, refused.value.param) == ("may_not_train", "teacher")
        assert "may_train = false" in refused.value.message
        assert "forbidden" in refused.value.message


def test_it_is_refused_under_an_alias_and_under_the_name_that_it_answers_with(client: OpenAI):
    client.put("/x/model_aliases/my-teacher", cast_to=object, body={"model": "forbidden"})

    for teacher in ("my-teacher", "gpt-5-forbidden", "gpt-5-forbidden-2026-01-01"):
        with pytest.raises(PermissionDeniedError):
            preview(client, teacher=teacher)


def test_its_answers_among_others_are_dropped_and_counted(client: OpenAI, remote: FakeRemote):
    remote.says(completion("fine"), completion("mine", model="gpt-5-forbidden"))
    for model in ("teacher", "forbidden"):
        client.chat.completions.create(model=model, messages=HELLO, store=True)

    counts = preview(client)["counts"]

    assert (counts["found"], counts["kept"], counts["teachers"]) == (2, 1, {"teacher": 1})
    (dropped,) = counts["dropped"]
    assert (dropped["reason"], dropped["count"]) == ("may_not_train", 1)
    assert "may_train = false" in dropped["detail"]


def test_a_model_that_may_not_teach_still_answers(client: OpenAI, remote: FakeRemote):
    remote.says(completion("mine", model="gpt-5-forbidden"))

    answer = client.chat.completions.create(model="forbidden", messages=HELLO)

    assert answer.choices[0].message.content == "mine"
    facts = client.models.retrieve("forbidden").to_dict()["remote"]
    assert facts["may_train"] is False  # type: ignore[index]


def test_a_clone_of_it_is_refused_before_anything_is_asked(
    joined: Joined, remote: FakeRemote, tmp_path: Any
):
    _, key = joined.server.new_project()
    here = {"OPENAI_BASE_URL": f"{joined.server.url}/v1", "OPENAI_API_KEY": key}
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(json.dumps({"prompt": f"{n}?"}) + "\n" for n in range(20)))

    for option in ("--live", "--stored"):
        done = run(
            "clone",
            "gpt-5-forbidden",
            "--base",
            BASE,
            "--file",
            str(prompts),
            option,
            "--yes",
            **here,
        )
        assert done.exit_code == 1, done.output
        assert "may_train = false" in " ".join(done.output.split())
    assert remote.requests == []


@pytest.mark.parametrize("is_streamed", [True, False])
def test_the_name_that_the_other_server_answers_under_is_stored(
    client: OpenAI, remote: FakeRemote, is_streamed: bool
):
    reply = stream({"content": "Hi"}) if is_streamed else completion("Hi")
    remote.says(reply, reply)
    made = client.chat.completions.create(
        model="teacher", messages=HELLO, store=True, stream=is_streamed
    )
    response = client.responses.create(model="teacher", input="Hello?", stream=is_streamed)
    if is_streamed:
        assert list(made)
        assert list(response)  # type: ignore[call-overload]

    listed: Any = client.get("/x/chat/completions", cast_to=object)
    answers: Any = client.get("/x/responses", cast_to=object)

    assert [each["remote_model"] for each in listed["data"]] == ["gpt-4.1-2025-04-14"]
    assert [each["remote_model"] for each in answers["data"]] == ["gpt-4.1-2025-04-14"]


def test_a_background_response_stores_it_too(client: OpenAI, remote: FakeRemote):
    remote.says(completion("Hi"))
    made = client.responses.create(model="teacher", input="Hello?", background=True)
    while made.status in ("queued", "in_progress"):
        made = client.responses.retrieve(made.id)

    answers: Any = client.get("/x/responses", cast_to=object)
    assert [each["remote_model"] for each in answers["data"]] == ["gpt-4.1-2025-04-14"]


def test_a_teacher_that_changes_while_it_is_captured_is_reported(
    joined: Joined, remote: FakeRemote, caplog: pytest.LogCaptureFixture
):
    _, key = joined.server.new_project()
    client = joined.server.client(key)
    remote.says(
        *[completion(f"one {n}") for n in range(2)],
        *[completion(f"two {n}", model=SNAPSHOT) for n in range(3)],
    )
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            asked: Any = [{"role": "user", "content": f"Question {number * 'x'}?"}]
            client.chat.completions.create(model="lenient", messages=asked, store=True)

    counts = preview(client)["counts"]

    assert counts["teachers"] == {"lenient": 5}
    assert counts["snapshots"] == {SNAPSHOT: 3, "gpt-4.1-2025-04-14": 2}
    assert f"answers as '{SNAPSHOT}' from now on" in caplog.text
    here = {"OPENAI_BASE_URL": f"{joined.server.url}/v1", "OPENAI_API_KEY": key}
    shown = run("distill", "--student", BASE, "--preview", **here).output
    assert f"3 of {SNAPSHOT}, 2 of gpt-4.1-2025-04-14" in " ".join(shown.split())
