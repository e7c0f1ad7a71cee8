"""Stored chat completions: kept when asked for, listed, changed, deleted, expired."""

import json
import socket

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.chat.test_chat import CALL, HELLO, TOOLS
from tests.api.harness import ALIAS, BASE, RunningServer, wait_until
from tests.api.scripted_engine import Script
from understudy.errors import InvalidRequestError
from understudy.server.housekeeping import delete_expired_answers
from understudy.storage.tables.answers import CompletionRow


def ask(client: OpenAI, **more):
    return client.chat.completions.create(
        **({"model": BASE, "messages": HELLO, "store": True} | more)
    )


def ids(page) -> list[str]:
    return [completion.id for completion in page.data]


def test_a_stored_answer_is_read_again_as_it_was_given(server: RunningServer, client: OpenAI):
    server.engine.says("Let me see. " + CALL)
    answer = ask(client, tools=TOOLS, seed=7, temperature=0.5, user="u1", metadata={"task": "x"})
    stored = client.chat.completions.retrieve(answer.id)
    extra = stored.model_extra
    assert stored.choices == answer.choices
    assert stored.usage == answer.usage
    assert stored.model == BASE
    assert extra["request_id"] == answer._request_id
    assert extra["tools"][0]["function"]["name"] == "get_weather"
    assert (extra["seed"], extra["temperature"], extra["top_p"]) == (7, 0.5, 1.0)
    assert (extra["input_user"], extra["response_format"]) == ("u1", None)
    assert stored.metadata == {"task": "x"}


def test_what_is_not_to_be_stored_is_not(server: RunningServer, client: OpenAI):
    server.engine.says("a", "b")
    for more in ({"store": False}, {"store": None}):
        answer = ask(client, **more)
        with pytest.raises(NotFoundError):
            client.chat.completions.retrieve(answer.id)
    assert client.chat.completions.list().data == []


def test_a_streamed_answer_is_stored_before_its_end_is_told(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.")
    for chunk in ask(client, stream=True):
        if chunk.choices[0].finish_reason is not None:
            stored = client.chat.completions.retrieve(chunk.id)
    assert stored.choices[0].message.content == "It is sunny."
    assert stored.created == chunk.created


def test_what_fails_or_is_left_is_not_stored(server: RunningServer, client: OpenAI, key: str):
    server.engine.says(Script(text="half", error=InvalidRequestError("It stopped.")))
    with pytest.raises(BadRequestError):
        ask(client)
    server.engine.says(Script(text="word ", goes_on=True))
    body = json.dumps({"model": BASE, "messages": HELLO, "store": True, "stream": True})
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall((head + body).encode())
        assert connection.recv(100)
    wait_until(lambda: len(server.engine.cancelled) == 1)
    assert client.chat.completions.list().data == []


def test_lists_are_by_metadata_and_model_and_go_on_page_by_page(
    server: RunningServer, client: OpenAI
):
    server.engine.says("a", "b", "c")
    made = [
        ask(client, metadata={"task": "x", "n": "1"}),
        ask(client, metadata={"task": "x", "n": ""}, model=ALIAS),
        ask(client, metadata={"task": "y"}),
    ]
    all_ids = [answer.id for answer in made]
    completions = client.chat.completions
    assert [c.id for c in completions.list(limit=1)] == all_ids
    assert ids(completions.list(order="desc")) == all_ids[::-1]
    assert ids(completions.list(metadata={"task": "x"})) == all_ids[:2]
    assert ids(completions.list(metadata={"task": "x", "n": ""})) == all_ids[1:2]
    assert ids(completions.list(model=ALIAS)) == ids(completions.list(model="gpt-4.1-nano"))
    assert ids(completions.list(model=ALIAS)) == all_ids[1:2]
    assert completions.list(limit=0).data == []


def test_messages_are_those_of_the_question(server: RunningServer, client: OpenAI):
    parts = [{"type": "text", "text": "a "}, {"type": "text", "text": "b"}]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": parts, "name": "ann"},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "done"},
    ]
    server.engine.says("ok")
    answer = ask(client, messages=messages)
    page = client.get(f"/chat/completions/{answer.id}/messages?limit=3", cast_to=dict[str, object])
    assert [m["id"] for m in page["data"]] == [f"{answer.id}-{i}" for i in range(3)]
    assert (page["first_id"], page["last_id"]) == (f"{answer.id}-0", f"{answer.id}-2")
    assert page["has_more"] is True
    first, second, third = page["data"]
    assert (first["role"], first["content"], first["content_parts"]) == (
        "system",
        "Be brief.",
        None,
    )
    assert (second["content"], second["content_parts"], second["name"]) == ("a b", parts, "ann")
    assert third["tool_calls"][0]["id"] == "c1"
    rest = list(client.chat.completions.messages.list(answer.id, after=f"{answer.id}-2"))
    assert [message.content for message in rest] == ["done"]


def test_metadata_can_be_changed_and_nothing_else(server: RunningServer, client: OpenAI):
    server.engine.says("a")
    answer = ask(client, metadata={"old": "1"})
    changed = client.chat.completions.update(answer.id, metadata={"new": "2"})
    assert changed.metadata == {"new": "2"}
    assert ids(client.chat.completions.list(metadata={"old": "1"})) == []
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.update(answer.id, metadata={}, extra_body={"model": "x"})
    assert refused.value.code == "unknown_parameter"


def test_a_deleted_one_is_gone(server: RunningServer, client: OpenAI):
    server.engine.says("a")
    answer = ask(client)
    deleted = client.chat.completions.delete(answer.id)
    assert (deleted.id, deleted.object, deleted.deleted) == (
        answer.id,
        "chat.completion.deleted",
        True,
    )
    with pytest.raises(NotFoundError):
        client.chat.completions.delete(answer.id)


def test_another_projects_completion_is_unknown(server: RunningServer, client: OpenAI):
    server.engine.says("a")
    answer = ask(client)
    stranger = server.client(server.new_project()[1])
    completions = stranger.chat.completions
    for reach in (
        lambda: completions.retrieve(answer.id),
        lambda: completions.update(answer.id, metadata={}),
        lambda: completions.delete(answer.id),
        lambda: completions.messages.list(answer.id),
    ):
        with pytest.raises(NotFoundError) as missing:
            reach()
        with pytest.raises(NotFoundError) as unknown:
            completions.retrieve("chatcmpl-unknown")
        told = str(missing.value.message).replace(answer.id, "chatcmpl-unknown")
        assert told == unknown.value.message
    assert completions.list().data == []
    assert client.chat.completions.retrieve(answer.id).id == answer.id


def test_a_request_that_is_sent_again_finds_its_stored_answer(
    server: RunningServer, client: OpenAI
):
    server.engine.says("first", "second", "third")
    headers = {"Idempotency-Key": "k1"}
    first = ask(client, extra_headers=headers)
    assert ask(client, extra_headers=headers).id == first.id
    second = ask(client)
    assert second.choices[0].message.content == "second"
    assert ask(client, extra_headers={"x-stainless-retry-count": "1"}).id == second.id
    assert ask(client).choices[0].message.content == "third"
    with pytest.raises(BadRequestError, match="Idempotency-Key was used before"):
        ask(client, extra_headers=headers, temperature=0.1)


def test_an_expired_one_is_removed(server: RunningServer, client: OpenAI):
    server.engine.says("a", "b")
    old, young = ask(client), ask(client)
    database = server.services.database
    with database.write() as session:
        row = session.query(CompletionRow).filter_by(id=old.id).one()
        assert row.expires_at - row.created_at == 30 * 24 * 3600
        row.expires_at = row.created_at
    delete_expired_answers(database)
    assert ids(client.chat.completions.list()) == [young.id]


def test_a_project_can_log_everything_and_keep_it_for_its_own_time(server: RunningServer):
    client = server.client(server.new_project("logging")[1])
    settings = server.home / "understudy.toml"
    before = settings.read_text()
    settings.write_text(
        f"{before}\n[projects.logging]\nstore_by_default = true\nkeep_answers_days = 7\n"
    )
    try:
        server.engine.says("a", "b")
        kept = ask(client, store=None)
        ask(client, store=False)
    finally:
        settings.write_text(before)
    assert ids(client.chat.completions.list()) == [kept.id]
    with server.services.database.read() as session:
        row = session.query(CompletionRow).filter_by(id=kept.id).one()
    assert row.expires_at - row.created_at == 7 * 24 * 3600


@pytest.mark.parametrize(("share", "counts"), [(0, {0}), (1, {40}), (0.5, set(range(1, 40)))])
def test_a_project_can_capture_a_share_of_the_calls_that_do_not_say(
    server: RunningServer, share: float, counts: set[int]
):
    name = f"sharing-{share}"
    client = server.client(server.new_project(name)[1])
    settings = server.home / "understudy.toml"
    before = settings.read_text()
    settings.write_text(f'{before}\n[projects."{name}"]\nstore_share = {share}\n')
    try:
        for _ in range(40):
            ask(client, store=None)
        said = [ask(client, store=True).id, ask(client, store=False).id]
    finally:
        settings.write_text(before)
    found = ids(client.chat.completions.list(limit=100))
    # What a request says counts, whatever the share is.
    assert [id in found for id in said] == [True, False]
    # All or none of forty at one half: once in 500 billion runs.
    assert len(found) - 1 in counts
