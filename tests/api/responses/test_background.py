"""Responses in the background: made without their client, followed, taken up again, cancelled."""

from pathlib import Path

import pytest
from openai import NotFoundError, OpenAI
from openai.types.responses import Response

from tests.api.harness import BASE, RunningServer, running_server, wait_until
from tests.api.responses.test_responses import QUESTION
from tests.api.responses.test_streams import parsed
from tests.api.scripted_engine import Script
from understudy.answering.responses.stored import fail_orphans
from understudy.errors import InvalidRequestError, OverloadedError, UnavailableError
from understudy.storage.answers.events import next_sequence_number
from understudy.storage.tables.answers import ResponseRow
from understudy.storage.tables.projects import OutboxRow

GOES_ON = Script(text="word ", goes_on=True)


def start(client: OpenAI, **more) -> Response:
    return client.responses.create(
        **({"model": BASE, "input": QUESTION, "background": True} | more)
    )


def ended(client: OpenAI, id: str) -> Response:
    wait_until(lambda: client.responses.retrieve(id).status not in ("queued", "in_progress"))
    return client.responses.retrieve(id)


def outbox(server: RunningServer, id: str) -> list[str]:
    with server.services.database.read() as session:
        return [row.type for row in session.query(OutboxRow).filter_by(object_id=id)]


def stream_text(server: RunningServer, key: str, id: str, after: int | None = None) -> list[dict]:
    query = "" if after is None else f"&starting_after={after}"
    answer = server.http.get(
        f"/v1/responses/{id}?stream=true{query}", headers={"Authorization": f"Bearer {key}"}
    )
    first = 0 if after is None else after + 1
    return parsed(answer.text, first=first)


def test_it_is_queued_and_then_made_without_its_client(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.")
    begun = start(client, metadata={"task": "x"})
    assert (begun.status, begun.background, begun.output) == ("queued", True, [])
    response = ended(client, begun.id)
    assert response.status == "completed"
    assert response.output_text == "It is sunny."
    assert response.metadata == {"task": "x"}
    assert outbox(server, begun.id) == ["response.completed"]
    server.engine.says("Bye.")
    next_one = client.responses.create(model=BASE, input="Thanks!", previous_response_id=begun.id)
    assert next_one.output_text == "Bye."


def test_its_stream_can_be_taken_up_while_it_is_made_and_after(
    server: RunningServer, client: OpenAI, key: str
):
    server.engine.says(Script(text="It is sunny. ", goes_on=True))
    seen = []
    with start(client, stream=True, max_output_tokens=100) as stream:
        for event in stream:
            seen.append(event)
            if len(seen) == 8:
                break
    id = seen[0].response.id
    assert [e.type for e in seen[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    rest = list(client.responses.retrieve(id, stream=True, starting_after=7))
    assert rest[0].sequence_number == 8
    assert rest[-1].type == "response.incomplete"
    assert server.engine.cancelled == []
    # Once it has ended, its events come from the database, the very same ones.
    wait_until(lambda: not server.services.background._runs)
    whole = stream_text(server, key, id)
    assert [e["sequence_number"] for e in whole] == list(range(len(seen) + len(rest)))
    assert whole[8:] == [e.to_dict(mode="json") for e in rest]
    assert stream_text(server, key, id, after=7) == whole[8:]
    assert stream_text(server, key, id, after=whole[-1]["sequence_number"] + 5) == []


def test_no_event_is_told_before_it_is_kept(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny. " * 20)
    with start(client, stream=True) as stream:
        for event in stream:
            if event.type == "response.created":
                id = event.response.id
            with server.services.database.read() as session:
                kept = next_sequence_number(session, id)
            assert kept > event.sequence_number


def test_the_helper_of_the_official_client_takes_a_stream_up_again(
    server: RunningServer, client: OpenAI
):
    server.engine.says("It is sunny.")
    with client.responses.stream(model=BASE, input=QUESTION, background=True) as stream:
        for event in stream:
            id, last = event.response.id, event.sequence_number
            break
    with client.responses.stream(response_id=id, starting_after=last) as stream:
        numbers = [event.sequence_number for event in stream]
        final = stream.get_final_response()
    assert numbers == list(range(last + 1, last + 1 + len(numbers)))
    assert final.output_text == "It is sunny."


def test_a_cancelled_one_stops_and_stays_cancelled(server: RunningServer, client: OpenAI):
    server.engine.says(GOES_ON)
    begun = start(client)
    wait_until(lambda: client.responses.retrieve(begun.id).status == "in_progress")
    # As the clients do it: a body that is called JSON and is empty.
    cancelled = client.responses.cancel(begun.id)
    assert cancelled.status == "cancelled"
    wait_until(lambda: len(server.engine.cancelled) == 1)
    assert client.responses.cancel(begun.id).status == "cancelled"
    assert client.responses.retrieve(begun.id).status == "cancelled"
    assert outbox(server, begun.id) == ["response.cancelled"]


def test_a_stream_of_a_cancelled_one_ends(server: RunningServer, client: OpenAI, key: str):
    server.engine.says(GOES_ON)
    with start(client, stream=True) as stream:
        for event in stream:
            if event.type == "response.created":
                id = event.response.id
            if event.type == "response.output_text.delta":
                client.responses.cancel(id)
    assert event.type == "response.output_text.delta"
    assert client.responses.retrieve(id).status == "cancelled"


def test_one_that_has_ended_is_not_changed_by_a_cancel(server: RunningServer, client: OpenAI):
    server.engine.says("a")
    begun = start(client)
    ended(client, begun.id)
    assert client.responses.cancel(begun.id).status == "completed"


def test_a_deleted_one_is_not_made_any_more(server: RunningServer, client: OpenAI):
    server.engine.says(GOES_ON)
    begun = start(client)
    wait_until(lambda: len(server.engine.requests) == 1)
    client.responses.delete(begun.id)
    wait_until(lambda: len(server.engine.cancelled) == 1)
    with pytest.raises(NotFoundError):
        client.responses.retrieve(begun.id)


def test_a_failure_is_told_in_the_response(server: RunningServer, client: OpenAI, key: str):
    server.engine.says(Script(text="half", error=InvalidRequestError("It stopped.")))
    response = ended(client, start(client, stream=False).id)
    assert response.status == "failed"
    assert (response.error.code, response.error.message) == ("server_error", "It stopped.")
    server.engine.says(Script(text="half", error=InvalidRequestError("It stopped.")))
    last = list(start(client, stream=True))[-1]
    assert last.type == "response.failed"
    assert stream_text(server, key, last.response.id)[-1]["type"] == "response.failed"


def test_it_waits_for_an_engine_that_is_full_or_gone(server: RunningServer, client: OpenAI):
    server.engine.says(
        Script(error=OverloadedError("full", retry_after_seconds=0.01)),
        Script(error=UnavailableError("gone", retry_after_seconds=0.01)),
        "It is sunny.",
    )
    assert ended(client, start(client).id).output_text == "It is sunny."
    assert len(server.engine.requests) == 3


def test_one_cannot_be_continued_before_it_has_ended(server: RunningServer, client: OpenAI):
    server.engine.says(GOES_ON)
    begun = start(client)
    with pytest.raises(Exception, match=f"'{begun.id}' is (queued|in_progress)"):
        client.responses.create(model=BASE, input="x", previous_response_id=begun.id)
    client.responses.cancel(begun.id)


def test_a_request_that_is_sent_again_starts_nothing_new(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.")
    first = start(client)
    retry = start(client, extra_headers={"x-stainless-retry-count": "1"})
    assert retry.id == first.id
    ended(client, first.id)
    streamed = list(start(client, stream=True, extra_headers={"Idempotency-Key": "k"}))
    again = list(start(client, stream=True, extra_headers={"Idempotency-Key": "k"}))
    assert [e.sequence_number for e in again] == [e.sequence_number for e in streamed]
    assert again[0].response.id == streamed[0].response.id


def test_what_a_process_left_behind_has_failed(server: RunningServer, client: OpenAI, key: str):
    server.engine.says("It is sunny.")
    *_, last = start(client, stream=True)
    id = last.response.id
    ended(client, id)
    database = server.services.database
    with database.write() as session:
        # As a killed process leaves it: unfinished, and its lease not renewed.
        row = session.query(ResponseRow).filter_by(id=id).one()
        row.status, row.body = "in_progress", row.body | {"status": "in_progress", "output": []}
        row.lease_until = database.now(session) - 1
        session.query(OutboxRow).filter_by(object_id=id).delete()
    response = client.responses.retrieve(id)
    assert response.status == "failed"
    assert "create it again" in response.error.message
    last = stream_text(server, key, id)[-1]
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    fail_orphans(database)
    assert client.responses.retrieve(id).status == "failed"


def test_a_server_that_is_stopped_leaves_a_clear_state(tmp_path: Path):
    home = tmp_path / "home"
    with running_server(home) as server:
        server.engine.says(GOES_ON)
        key = server.new_project()[1]
        id = next(iter(start(server.client(key), stream=True))).response.id
        wait_until(lambda: len(server.engine.requests) == 1)
    with running_server(home) as server:
        client = server.client(key)
        response = client.responses.retrieve(id)
        assert response.status == "failed"
        assert response.error.message == "The server was stopped; create it again."
        *_, last = client.responses.retrieve(id, stream=True, starting_after=1)
        assert last.type == "response.failed"
