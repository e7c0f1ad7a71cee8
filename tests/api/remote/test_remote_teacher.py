"""A remote model as the teacher of a distillation: what it refuses is counted, and no more."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from tests.api.evals.eval_runner import running_runner
from tests.api.harness import BASE
from tests.api.remote.conftest import Joined
from tests.remote import FakeRemote, Reply, Request, completion, refusal


@pytest.fixture(scope="module", autouse=True)
def _runner(joined: Joined) -> Iterator[None]:
    with running_runner(joined.server):
        yield


def create(client: OpenAI, *lines: dict[str, Any]) -> str:
    content = "".join(json.dumps(each) + "\n" for each in lines).encode()
    file = client.files.create(file=("questions.jsonl", content), purpose="user_data")
    source = {"type": "questions", "file_id": file.id}
    body = {"source": source, "teacher": "teacher", "student": BASE}
    return client.post("/x/distillations", cast_to=dict[str, Any], body=body)["id"]


def collected(client: OpenAI, id: str) -> dict[str, Any]:
    """The distillation once its teacher was asked; nobody trains here."""
    deadline = time.monotonic() + 20
    while True:
        found = client.get(f"/x/distillations/{id}", cast_to=dict[str, Any])
        if found["status"] not in ("queued", "collecting"):
            if found["status"] == "training":
                client.post(f"/x/distillations/{id}/cancel", cast_to=object)
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def test_questions_that_the_teacher_refuses_are_left_out_and_counted(
    client: OpenAI, remote: FakeRemote
):
    def answer(request: Request) -> Reply:
        question = request.body["messages"][-1]["content"]
        return refusal(400, "Too long.", "odd") if "3" in question else completion(question)

    remote.says(by=answer)

    found = collected(client, create(client, *({"prompt": f"Question {n}?"} for n in range(20))))

    assert found["status"] == "training", found
    counts = found["counts"]
    assert (counts["found"], counts["kept"]) == (20, 18)
    (refused,) = counts["dropped"]
    assert (refused["reason"], refused["count"]) == ("not_answered", 2)
    assert refused["examples"] == ["line 4", "line 14"]
    assert "answered 400: Too long." in refused["detail"]


def test_a_teacher_that_refuses_everything_is_not_asked_to_the_end(
    client: OpenAI, remote: FakeRemote
):
    remote.says(by=lambda _: refusal(404, "No such model.", "model_not_found"))

    found = collected(client, create(client, *({"prompt": f"Question {n}?"} for n in range(200))))

    assert found["status"] == "failed"
    assert "No such model." in found["error"]
    assert len(remote.requests) < 60


def test_the_format_of_a_question_is_asked_for(client: OpenAI, remote: FakeRemote):
    remote.says(by=lambda _: completion("{}"))
    form = {"type": "json_object"}

    collected(
        client,
        create(client, *({"prompt": f"JSON {n}?", "response_format": form} for n in range(20))),
    )

    assert remote.requests[0].body["response_format"] == form


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": [{"role": "nobody", "content": "?"}]},
        {"prompt": "?", "response_format": {"type": "poem"}},
        {"prompt": "?", "response_format": "json"},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_before_any_is(
    client: OpenAI, remote: FakeRemote, wrong: dict[str, Any]
):
    with pytest.raises(BadRequestError) as refused:
        create(client, {"prompt": "Norway?"}, wrong)

    assert "Line 2 of the questions" in refused.value.body["message"]
    assert remote.requests == []


@pytest.mark.parametrize("method", ["probabilities", "on_policy"])
def test_a_remote_teacher_gives_answers_and_no_probabilities(
    client: OpenAI, remote: FakeRemote, method: str
):
    content = b'{"prompt": "Norway?"}'
    file = client.files.create(file=("questions.jsonl", content), purpose="user_data")
    body = {
        "source": {"type": "questions", "file_id": file.id},
        "teacher": "teacher",
        "student": BASE,
        "method": {"type": method},
    }

    with pytest.raises(BadRequestError) as refused:
        client.post("/x/distillations", cast_to=object, body=body)

    assert (refused.value.code, refused.value.param) == ("unsupported_value", "teacher")
    assert "The method 'answers' takes any teacher." in refused.value.body["message"]
    assert remote.requests == []


def test_a_bound_on_answers_is_passed_on(client: OpenAI, remote: FakeRemote):
    remote.says(by=lambda _: completion("Oslo"))
    lines = "".join(json.dumps({"prompt": f"Question {n}?"}) + "\n" for n in range(20)).encode()
    file = client.files.create(file=("questions.jsonl", lines), purpose="user_data")
    source = {"type": "questions", "file_id": file.id, "max_tokens": 7}
    body = {"source": source, "teacher": "teacher", "student": BASE}

    made = client.post("/x/distillations", cast_to=dict[str, Any], body=body)
    collected(client, made["id"])

    assert {request.body["max_completion_tokens"] for request in remote.requests} == {7}
