"""Batches, as the official client begins them and reads what came of them."""

from openai import OpenAI

from tests.api.batches.inputs import begin, chat_body, finished, jsonl, line, rows
from tests.api.harness import ALIAS, RunningServer


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


def test_a_line_that_its_endpoint_refuses_stands_in_the_file_of_errors(
    server: RunningServer, client: OpenAI
):
    server.engine.says("Fine")
    wrong = chat_body(temperature=7)
    lines = [line("good", chat_body()), line("bad", wrong)]
    batch = finished(client, begin(client, jsonl(lines)))

    assert batch.status == "completed"
    assert batch.request_counts.model_dump() == {"total": 2, "completed": 1, "failed": 1}
    assert set(rows(client, batch.output_file_id)) == {"good"}
    refused = rows(client, batch.error_file_id)["bad"]
    assert refused["error"] is None
    assert refused["response"]["status_code"] == 400
    alone = server.http.post(
        "/v1/chat/completions", json=wrong, headers={"authorization": f"Bearer {client.api_key}"}
    )
    assert refused["response"]["body"] == alone.json()
