"""A training file divided into two on the server, planned first or at once."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer
from understudy.cli.demo.tasks import demo_tasks
from understudy.server.files import report_limiter

TICKETS = demo_tasks()[1].training_path.read_bytes()
Ask = Callable[..., httpx2.Response]


@pytest.fixture
def ask(server: RunningServer, key: str) -> Ask:
    def ask(path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx2.Response:
        sent = {"authorization": f"Bearer {key}"} | (headers or {})
        return server.http.post(f"/v1/x/files/{path}", json=body, headers=sent)

    return ask


@pytest.fixture
def file(client: OpenAI) -> str:
    return upload(client, TICKETS)


def upload(client: OpenAI, content: bytes, **options: Any) -> str:
    settings: Any = {"purpose": "fine-tune"} | options
    return client.files.create(file=("tickets.jsonl", content), **settings).id


def chat_line(question: str, answer: str = "yes") -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}).encode() + b"\n"


def error_of(answer: httpx2.Response, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    return answer.json()["error"]


def lines_of(client: OpenAI, file_id: str) -> list[bytes]:
    return client.files.content(file_id).content.splitlines(keepends=True)


def test_two_new_files_together_hold_the_lines_of_the_first_as_they_are(
    client: OpenAI, ask: Ask, file: str
):
    made = ask(f"{file}/split", fraction=0.1).json()
    training, validation = made["training_file"], made["validation_file"]
    assert (training["filename"], validation["filename"]) == (
        "tickets.train.jsonl", "tickets.validation.jsonl",
    )  # fmt: skip
    halves = [lines_of(client, part["id"]) for part in (training, validation)]
    assert sorted(halves[0] + halves[1]) == sorted(TICKETS.splitlines(keepends=True))
    told = made["plan"]["training_examples"], made["plan"]["validation_examples"]
    assert told == (len(halves[0]), len(halves[1]))
    assert made["plan"]["shared"] == 0
    assert {f.id for f in client.files.list()} == {file, training["id"], validation["id"]}
    assert training["purpose"] == validation["purpose"] == "fine-tune"


def test_a_plan_tells_what_a_split_does_and_makes_nothing(client: OpenAI, ask: Ask, file: str):
    plan = ask(f"{file}/split/plan", fraction=0.25, seed=3).json()
    assert plan["object"] == "x.file.split_plan"
    assert [f.id for f in client.files.list()] == [file]
    assert ask(f"{file}/split", fraction=0.25, seed=3).json()["plan"] == plan


def test_a_seed_decides_which_examples_are_held_out(client: OpenAI, ask: Ask, file: str):
    def held_out(seed: int) -> list[bytes]:
        made = ask(f"{file}/split", fraction=0.1, seed=seed).json()
        return lines_of(client, made["validation_file"]["id"])

    assert held_out(1) == held_out(1) != held_out(2)


def test_a_number_of_examples_can_be_asked_for(ask: Ask, file: str):
    plan = ask(f"{file}/split/plan", count=7, by_duplicate_group=False, stratify=False).json()
    assert plan["validation_examples"] == 7


def test_the_same_request_sent_again_makes_no_more_files(client: OpenAI, ask: Ask, file: str):
    again = {"idempotency-key": "one-click"}
    first = ask(f"{file}/split", again, fraction=0.1).json()
    assert ask(f"{file}/split", again, fraction=0.1).json() == first
    assert len(list(client.files.list())) == 3
    client.files.delete(first["training_file"]["id"])
    assert ask(f"{file}/split", again, fraction=0.1).json() != first


def test_parts_disappear_when_the_whole_was_to_disappear(client: OpenAI, ask: Ask):
    lifetime = {"anchor": "created_at", "seconds": 3600}
    file = upload(client, TICKETS, expires_after=lifetime)
    made = ask(f"{file}/split", fraction=0.1).json()
    ends = client.files.retrieve(file).expires_at
    assert ends is not None
    assert [made[f"{part}_file"]["expires_at"] for part in ("training", "validation")] == [ends] * 2


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "fraction"),
        ({"fraction": 0.1, "count": 3}, "fraction"),
        ({"fraction": 0}, "fraction"),
        ({"fraction": 1}, "fraction"),
        ({"fraction": "a tenth"}, "fraction"),
        ({"count": 0}, "count"),
        ({"count": 100_000}, "count"),
        ({"fraction": 0.1, "seed": -1}, "seed"),
        ({"fraction": 0.1, "method": "magic"}, "method"),
        ({"fraction": 0.1, "shuffle": True}, "shuffle"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    client: OpenAI, ask: Ask, file: str, body: dict[str, Any], param: str
):
    for path in (f"{file}/split", f"{file}/split/plan"):
        error = error_of(ask(path, **body))
        assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert [f.id for f in client.files.list()] == [file]


def test_too_few_examples_are_left_alone(client: OpenAI, ask: Ask):
    file = upload(client, b"".join(chat_line(f"{i} {'abcdefghij'[i] * 9}?") for i in range(10)))
    error = error_of(ask(f"{file}/split", fraction=0.1))
    assert "9 of 10 examples would be left to train on" in error["message"]
    assert "at least 10" in error["message"]
    assert len(list(client.files.list())) == 1


def test_prompts_that_are_all_alike_are_not_torn_apart_unless_asked(client: OpenAI, ask: Ask):
    file = upload(client, b"".join(chat_line("always the same", str(i)) for i in range(20)))
    error = error_of(ask(f"{file}/split", fraction=0.1))
    assert '"by_duplicate_group": false' in error["message"]
    plan = ask(f"{file}/split/plan", fraction=0.1, by_duplicate_group=False).json()
    assert (plan["training_examples"], plan["shared"]) == (18, 2)


def test_a_file_with_a_bad_line_is_not_divided(client: OpenAI, ask: Ask):
    file = upload(client, TICKETS + b'{"messages": []}\n')
    message = error_of(ask(f"{file}/split", fraction=0.1))["message"]
    assert f"{file} has 1 problem(s)" in message
    assert f"/v1/x/files/{file}/report" in message


def test_a_file_for_something_else_is_not_divided(client: OpenAI, ask: Ask):
    file = upload(client, TICKETS, purpose="evals")
    error = error_of(ask(f"{file}/split", fraction=0.1))
    assert error["param"] == "file_id"
    assert "'evals'" in error["message"]


def test_nobody_divides_the_file_of_another_project(server: RunningServer, ask: Ask):
    foreign = upload(server.client(server.new_project()[1]), TICKETS)
    assert error_of(ask(f"{foreign}/split", fraction=0.1), 404)["param"] == "id"


def test_a_file_that_is_too_large_is_left_to_the_command(
    ask: Ask, file: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(report_limiter, "MAX_FILE_BYTES", len(TICKETS) - 1)
    error = error_of(ask(f"{file}/split", fraction=0.1))
    assert error["code"] == "file_too_large"
    assert "understudy split" in error["message"]


def test_only_a_few_files_are_divided_at_once(server: RunningServer, ask: Ask, file: str):
    with server.services.report_limiter.turn(), server.services.report_limiter.turn():
        assert error_of(ask(f"{file}/split", fraction=0.1), 429)["code"] == "rate_limit_exceeded"
