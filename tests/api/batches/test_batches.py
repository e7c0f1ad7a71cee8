"""Batches, as the official client begins them and reads what came of them."""

import json
from typing import Any

import openai
import pytest
from openai import OpenAI
from sqlalchemy import func, select, update

from tests.api.batches.inputs import CHAT, begin, chat_body, finished, jsonl, line, rows
from tests.api.harness import ALIAS, RunningServer, wait_until
from tests.api.scripted_engine import Script
from understudy.errors import UnavailableError
from understudy.inference.protocol import Priority
from understudy.storage.tables.batches import BatchAnswerRow, BatchRow
from understudy.storage.tables.projects import OutboxRow


def answer_rows(server: RunningServer, batch_id: str) -> int:
    with server.services.database.read() as session:
        query = select(func.count()).where(BatchAnswerRow.batch_id == batch_id)
        return session.scalar(query) or 0


def told(server: RunningServer, batch_id: str) -> list[str]:
    with server.services.database.read() as session:
        return list(session.scalars(select(OutboxRow.type).where(OutboxRow.object_id == batch_id)))


def end_window(server: RunningServer, batch_id: str) -> None:
    """Let the time of a batch be over, and whoever works on it begin anew."""
    with server.services.database.write() as session:
        session.execute(
            update(BatchRow)
            .where(BatchRow.id == batch_id)
            .values(expires_at=1, lease_until=None, worker_id=None, epoch=BatchRow.epoch + 1)
        )


def test_a_batch_answers_every_line_and_gives_files_by_custom_id(
    server: RunningServer, client: OpenAI
):
    server.engine.says("Hello", "Hello", "Hello")
    lines = [line(f"r{n}", chat_body(f"Hi {n}")) for n in range(3)]
    begun = begin(client, jsonl(lines), metadata={"task": "hello"})
    assert begun.status == "validating"
    assert begun.id.startswith("batch_")

    batch = finished(client, begun)
    assert batch.status == "completed", batch.errors
    assert batch.error_file_id is None
    assert batch.request_counts is not None
    assert batch.request_counts.model_dump() == {"total": 3, "completed": 3, "failed": 0}
    assert batch.model == ALIAS
    assert batch.metadata == {"task": "hello"}
    assert batch.created_at <= batch.in_progress_at <= batch.finalizing_at <= batch.completed_at
    assert batch.expires_at == batch.created_at + 24 * 3600

    output = client.files.retrieve(batch.output_file_id)
    assert (output.purpose, output.filename) == ("batch_output", f"{batch.id}_output.jsonl")
    assert output.expires_at == output.created_at + 30 * 24 * 3600
    found = rows(client, batch.output_file_id)
    assert set(found) == {"r0", "r1", "r2"}
    assert batch.usage is not None
    assert batch.usage.total_tokens == sum(
        row["response"]["body"]["usage"]["total_tokens"] for row in found.values()
    )
    row = found["r1"]
    assert row["id"].startswith("batch_req_")
    assert row["error"] is None
    assert row["response"]["status_code"] == 200
    assert row["response"]["request_id"].startswith("req_")
    body = row["response"]["body"]
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"]["content"] == "Hello"
    wait_until(lambda: answer_rows(server, batch.id) == 0)
    assert told(server, batch.id) == ["batch.completed"]
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a batch with status 'comp"):
        client.batches.cancel(batch.id)


def test_a_line_that_its_endpoint_refuses_stands_in_the_file_of_errors(
    server: RunningServer, client: OpenAI
):
    server.engine.says("Fine")
    wrong = chat_body(temperature=7)
    large = chat_body("long " * 500_000)
    lines = [line("good", chat_body()), line("bad", wrong), line("large", large)]
    batch = finished(client, begin(client, jsonl(lines)))

    assert batch.status == "completed"
    assert batch.request_counts.model_dump() == {"total": 3, "completed": 1, "failed": 2}
    assert set(rows(client, batch.output_file_id)) == {"good"}
    refused = rows(client, batch.error_file_id)
    assert refused["bad"]["error"] is None
    assert refused["bad"]["response"]["status_code"] == 400
    assert refused["large"]["response"]["status_code"] == 413
    alone = server.http.post(
        CHAT, json=wrong, headers={"authorization": f"Bearer {client.api_key}"}
    )
    assert refused["bad"]["response"]["body"] == alone.json()


@pytest.mark.parametrize(
    ("endpoint", "body", "kind"),
    [
        ("/v1/responses", {"input": "Hi"}, "response"),
        ("/v1/completions", {"prompt": "Hi"}, "text_completion"),
    ],
)
def test_every_endpoint_answers_as_it_does_alone(
    server: RunningServer, client: OpenAI, endpoint: str, body: dict[str, Any], kind: str
):
    server.engine.says("Hello")
    content = jsonl([line("a", {"model": ALIAS, **body}, endpoint)])
    batch = finished(client, begin(client, content, endpoint))
    assert batch.status == "completed", batch.errors
    answer = rows(client, batch.output_file_id)["a"]["response"]["body"]
    assert answer["object"] == kind
    assert batch.usage.output_tokens > 0
    if kind == "response":
        assert client.responses.retrieve(answer["id"]).output_text == "Hello"


def test_an_answer_that_is_to_be_stored_belongs_to_the_project_of_the_batch(
    server: RunningServer, client: OpenAI
):
    server.engine.says("Kept")
    batch = finished(client, begin(client, jsonl([line("a", chat_body(store=True))])))
    answer = rows(client, batch.output_file_id)["a"]["response"]["body"]
    assert [each.id for each in client.chat.completions.list()] == [answer["id"]]


def test_an_engine_that_is_away_is_waited_for(server: RunningServer, client: OpenAI):
    server.engine.says(Script(error=UnavailableError("It is being started.")), "Back")
    batch = finished(client, begin(client, jsonl([line("a", chat_body())])))
    answer = rows(client, batch.output_file_id)["a"]["response"]["body"]
    assert answer["choices"][0]["message"]["content"] == "Back"


def test_a_batch_lets_those_go_first_who_wait_for_an_answer(server: RunningServer, client: OpenAI):
    server.engine.says("Later", "Now")
    finished(client, begin(client, jsonl([line("a", chat_body())])))
    client.chat.completions.create(**chat_body())
    priorities = [request.priority for request in server.engine.requests]
    assert priorities == [Priority.BATCH, Priority.INTERACTIVE]


def test_a_cancelled_batch_keeps_what_was_answered_and_names_the_rest(
    server: RunningServer, client: OpenAI
):
    endless = Script(text="on and ", goes_on=True)
    server.engine.says("Done", *[endless] * 40)
    lines = [line(f"r{n}", chat_body(max_completion_tokens=100_000)) for n in range(40)]
    batch = begin(client, jsonl(lines))
    wait_until(lambda: client.batches.retrieve(batch.id).request_counts.completed == 1)
    cancelling = client.batches.cancel(batch.id)
    assert cancelling.status == "cancelling"
    assert client.batches.cancel(batch.id).status in ("cancelling", "cancelled")

    ended = finished(client, batch)
    assert ended.status == "cancelled"
    assert ended.cancelling_at <= ended.cancelled_at
    done = rows(client, ended.output_file_id)
    rest = rows(client, ended.error_file_id)
    assert len(done) == 1
    assert len(rest) == 39
    assert {row["error"]["code"] for row in rest.values()} == {"batch_cancelled"}
    assert {row["response"] for row in rest.values()} == {None}
    assert told(server, batch.id) == ["batch.cancelled"]
    wait_until(lambda: len(server.engine.cancelled) >= 31)
    assert client.batches.cancel(batch.id) == ended


def test_a_batch_whose_time_is_over_keeps_what_was_answered(server: RunningServer, client: OpenAI):
    server.engine.says("Done", *[Script(text="on and ", goes_on=True)] * 3)
    lines = [line(f"r{n}", chat_body(max_completion_tokens=100_000)) for n in range(4)]
    seconds = {"anchor": "created_at", "seconds": 7200}
    batch = begin(client, jsonl(lines), output_expires_after=seconds)
    wait_until(lambda: client.batches.retrieve(batch.id).request_counts.completed == 1)
    end_window(server, batch.id)

    ended = finished(client, batch)
    assert ended.status == "expired"
    assert ended.expired_at is not None
    assert len(rows(client, ended.output_file_id)) == 1
    rest = rows(client, ended.error_file_id)
    assert {row["error"]["code"] for row in rest.values()} == {"batch_expired"}
    assert len(rest) == 3
    file = client.files.retrieve(ended.error_file_id)
    assert file.expires_at == file.created_at + 7200
    assert told(server, batch.id) == ["batch.expired"]


def test_an_input_that_is_deleted_meanwhile_is_still_worked_on(
    server: RunningServer, client: OpenAI
):
    server.engine.says("Hello")
    batch = begin(client, jsonl([line("a", chat_body())]))
    client.files.delete(batch.input_file_id)
    assert finished(client, batch).status == "completed"


def test_a_repeated_request_begins_no_second_batch(server: RunningServer, client: OpenAI):
    server.engine.says("Hello")
    file = client.files.create(file=("a.jsonl", jsonl([line("a", chat_body())])), purpose="batch")
    assert file.expires_at == file.created_at + 30 * 24 * 3600
    fields: dict[str, Any] = {
        "input_file_id": file.id,
        "endpoint": CHAT,
        "completion_window": "24h",
        "extra_headers": {"Idempotency-Key": "once"},
    }
    first = client.batches.create(**fields)
    assert client.batches.create(**fields).id == first.id
    assert [each.id for each in client.batches.list()] == [first.id]
    finished(client, first)


def test_batches_are_listed_newest_first_and_page_by_page(server: RunningServer, client: OpenAI):
    server.engine.says("1", "2", "3")
    made = [begin(client, jsonl([line("a", chat_body())])) for _ in range(3)]
    page = client.batches.list(limit=2)
    assert [each.id for each in page.data] == [made[2].id, made[1].id]
    assert page.has_more
    assert [each.id for each in client.batches.list(limit=1)] == [b.id for b in reversed(made)]
    for each in made:
        finished(client, each)


def test_text_of_any_language_comes_back_as_it_was_sent(server: RunningServer, client: OpenAI):
    server.engine.says("Hello")
    custom_id = 'größe "1"\u2028\n'
    content = json.dumps(line(custom_id, chat_body()), ensure_ascii=False).encode()
    batch = finished(client, begin(client, content))
    text = client.files.content(batch.output_file_id).content
    assert text.count(b"\n") == 1
    assert json.loads(text)["custom_id"] == custom_id
