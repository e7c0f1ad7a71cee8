"""What is wrong with a batch is said before its first line is asked."""

import json
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.api.batches.inputs import CHAT, begin, chat_body, finished, jsonl, line
from tests.api.harness import RunningServer


def errors_of(client: OpenAI, content: bytes, endpoint: str = CHAT) -> list[dict[str, Any]]:
    batch = finished(client, begin(client, content, endpoint))
    assert batch.status == "failed"
    assert batch.failed_at is not None
    assert batch.in_progress_at is None
    assert (batch.output_file_id, batch.error_file_id) == (None, None)
    assert batch.errors is not None
    assert batch.errors.object == "list"
    return [error.model_dump() for error in batch.errors.data or []]


GOOD = line("good", chat_body())


@pytest.mark.parametrize(
    ("bad", "code", "param"),
    [
        ({**GOOD, "method": "GET"}, "invalid_method", "method"),
        ({**GOOD, "url": "/v1/responses"}, "invalid_url", "url"),
        ({**GOOD, "custom_id": "good"}, "duplicate_custom_id", "custom_id"),
        ({**GOOD, "custom_id": 7}, "invalid_type", "custom_id"),
        ({"method": "POST", "url": CHAT, "body": {}}, "missing_required_parameter", "custom_id"),
        ({"custom_id": "x", "method": "POST", "url": CHAT}, "missing_required_parameter", "body"),
        (line("x", []), "invalid_type", "body"),  # type: ignore[arg-type]
        (line("x", {"messages": []}), "missing_required_parameter", "body.model"),
        (line("x", chat_body(model="tiny/chat")), "mismatched_model", "body.model"),
        (line("x", chat_body(stream=True)), "unsupported_parameter", "body.stream"),
    ],
)
def test_a_wrong_line_is_named(client: OpenAI, bad: dict[str, Any], code: str, param: str):
    if code != "duplicate_custom_id":
        bad = {**bad} if bad.get("custom_id") != "good" else {**bad, "custom_id": "bad"}
    (error,) = errors_of(client, jsonl([GOOD, bad]))
    assert (error["code"], error["param"], error["line"]) == (code, param, 2)


@pytest.mark.parametrize(
    ("content", "code", "line_number"),
    [
        (json.dumps(GOOD).encode() + b"\n{oops\n", "invalid_json_line", 2),
        (b"\n" + json.dumps(GOOD).encode(), "invalid_json_line", 1),
        (b"[]\n", "invalid_json_line", 1),
        (b"\n\n", "empty_file", None),
    ],
)
def test_what_is_no_file_of_requests_is_said(
    client: OpenAI, content: bytes, code: str, line_number: int | None
):
    (error,) = errors_of(client, content)
    assert (error["code"], error["line"]) == (code, line_number)


def test_every_wrong_line_is_named_up_to_a_hundred_and_the_rest_is_counted(client: OpenAI):
    errors = errors_of(client, jsonl({**GOOD, "url": "/v1/x"} for _ in range(150)))
    assert [error["line"] for error in errors] == [*range(1, 101), None]
    assert errors[-1]["code"] == "too_many_errors"
    assert errors[-1]["message"].startswith("50 more errors")


def test_more_requests_than_a_batch_may_have_are_refused(client: OpenAI):
    (error,) = errors_of(client, b"{}\n" * 50_001)
    assert error["code"] == "too_many_tasks"


def test_a_model_that_does_not_exist_fails_the_batch_and_not_each_line(client: OpenAI):
    (error,) = errors_of(client, jsonl([line("a", chat_body(model="nobody"))]))
    assert (error["code"], error["param"]) == ("model_not_found", "body.model")
    assert "nobody" in error["message"]


def test_a_request_that_makes_no_batch_is_refused_at_once(server: RunningServer, client: OpenAI):
    file = client.files.create(file=("a.jsonl", jsonl([GOOD])), purpose="batch")
    other = client.files.create(file=("a.jsonl", jsonl([GOOD])), purpose="user_data")
    foreign = server.client(server.new_project()[1])
    fields: dict[str, Any] = {
        "input_file_id": file.id,
        "endpoint": CHAT,
        "completion_window": "24h",
    }
    for change, param in (
        ({"input_file_id": "file-none"}, "input_file_id"),
        ({"input_file_id": other.id}, "input_file_id"),
        ({"endpoint": "/v1/videos"}, "endpoint"),
        ({"endpoint": "/v1/images/edits"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 60}}, None),
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            client.batches.create(**{**fields, **change})
        assert refused.value.param == (param or "output_expires_after.seconds")
    with pytest.raises(openai.BadRequestError):
        foreign.batches.create(**fields)
    with pytest.raises(openai.NotFoundError):
        foreign.batches.retrieve("batch_none")
    assert client.batches.list().data == []
