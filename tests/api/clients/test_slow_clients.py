"""Clients that leave, stall or crowd in: rows are freed and nobody else waits."""

import json
import socket

import pytest
from openai import OpenAI

from tests.api.chat.test_chat import HELLO
from tests.api.harness import BASE, RunningServer, wait_until
from tests.api.scripted_engine import Script
from understudy.server.http import event_stream_response


def opened(server: RunningServer, key: str, **more: object) -> socket.socket:
    """Ask on a socket of its own, with hardly any room for the answer, and do not read it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    body = json.dumps({"model": BASE, "messages": HELLO} | more).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection


@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_client_that_leaves_frees_its_rows(server: RunningServer, key: str, is_streamed: bool):
    server.engine.says(Script(text="word ", goes_on=True), Script(text="word ", goes_on=True))
    connection = opened(server, key, stream=is_streamed, n=2)
    wait_until(lambda: len(server.engine.requests) == 2)
    connection.close()
    wait_until(lambda: len(server.engine.cancelled) == 2)


def test_a_client_that_does_not_read_is_given_up_and_others_go_on(
    server: RunningServer, key: str, client: OpenAI, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_stream_response, "SEND_SECONDS", 0.2)
    server.engine.says(*[Script(text="word ", goes_on=True)] * 8)
    with opened(server, key, stream=True, n=8, logprobs=True, top_logprobs=2):
        wait_until(lambda: len(server.engine.requests) == 8)
        answer = client.chat.completions.create(model=BASE, messages=HELLO)
        assert answer.choices[0].finish_reason == "stop"
        wait_until(lambda: len(server.engine.cancelled) > 0)
