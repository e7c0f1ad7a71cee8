"""Large bodies share a bounded place, and small ones are answered beside them."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from openai import BadRequestError, OpenAI, RateLimitError

from tests.api.harness import BASE, RunningServer, wait_until
from understudy.server import connections
from understudy.server.http import json_body, multipart

MEGABYTE = 1024 * 1024


@contextmanager
def half_sent(server: RunningServer, key: str, size: int) -> Iterator[socket.socket]:
    """Send the first half of a body of `size` bytes, and keep the connection."""
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}"
        f"\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + b" " * (size // 2))
        yield connection


def ask(client: OpenAI, picture_bytes: int) -> None:
    url = "data:image/png;base64," + "A" * picture_bytes
    part = {"type": "image_url", "image_url": {"url": url}}
    client.chat.completions.create(model=BASE, messages=[{"role": "user", "content": [part]}])


def test_a_large_body_finds_no_place_beside_others_and_is_asked_to_come_back(
    server: RunningServer, key: str, client: OpenAI, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server.bodies, "large_bytes", 5 * MEGABYTE)
    with half_sent(server, key, 10 * MEGABYTE):
        wait_until(lambda: server.bodies.taken_bytes == 4 * MEGABYTE)
        with pytest.raises(RateLimitError, match="other large requests, of 4 MiB in all") as caught:
            ask(client, 3 * MEGABYTE)
        assert caught.value.response.headers["retry-after"] == "2"
        with pytest.raises(BadRequestError, match="image"):
            ask(client, 100)
    wait_until(lambda: server.bodies.taken_bytes == 0)
    with pytest.raises(BadRequestError, match="image"):
        ask(client, 3 * MEGABYTE)
    wait_until(lambda: server.bodies.taken_bytes == 0)


def test_a_single_body_may_be_as_large_as_its_route_allows(
    server: RunningServer, client: OpenAI, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server.bodies, "large_bytes", 1)
    with pytest.raises(BadRequestError, match="image"):
        ask(client, 3 * MEGABYTE)


def test_a_body_that_does_not_arrive_is_given_up(
    server: RunningServer, key: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(json_body, "_MAX_SECONDS", 0.3)
    with half_sent(server, key, 4 * MEGABYTE) as connection:
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, response.headers["connection"]) == (408, "close")
        error = json.loads(response.read())["error"]
        assert error["message"].startswith("The body of this request did not arrive within 0 s")
    wait_until(lambda: server.bodies.taken_bytes == 0)


@pytest.mark.parametrize("beginning", [b"", b"GET /v1/models HTTP/1.1\r\nHost: loc"])
def test_a_request_whose_head_does_not_arrive_is_given_up(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, beginning: bytes
):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(beginning)
        assert connection.recv(1) == b""


def test_a_second_head_that_does_not_arrive_is_given_up(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", server.port), timeout=3) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.read()
        connection.sendall(b"GET /hea")
        assert connection.recv(1) == b""


def test_an_answer_may_take_longer_than_the_head_of_its_request(
    server: RunningServer, key: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    body = b'{"model": "tiny/chat", "messages": []}'
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}"
        f"\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + body[:5])
        time.sleep(0.3)
        connection.sendall(body[5:])
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 400


@pytest.mark.parametrize("pieces", [1, 10])
def test_a_form_that_does_not_arrive_is_given_up(
    server: RunningServer, key: str, monkeypatch: pytest.MonkeyPatch, pieces: int
):
    monkeypatch.setattr(multipart, "_MAX_PAUSE_SECONDS", 0.3)
    head = (
        f"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n--b\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode())
        for _ in range(pieces - 1):
            time.sleep(0.04)
            with suppress(BrokenPipeError):  # on a busy machine it is given up before the last one
                connection.sendall(b"X")
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, response.headers["connection"]) == (408, "close")
        assert "did not arrive" in json.loads(response.read())["error"]["message"]


def test_a_form_may_take_long_when_it_arrives_all_the_time(
    server: RunningServer, key: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(multipart, "_MAX_PAUSE_SECONDS", 0.2)
    content = (json.dumps({"a": "b" * 200}) + "\n").encode()
    start = (
        b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    )
    body = [start, *[content] * 8, b"\r\n--b--\r\n"]
    head = (
        f"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {sum(map(len, body))}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode())
        for piece in body:
            connection.sendall(piece)
            time.sleep(0.04)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, json.loads(response.read())["bytes"]) == (200, len(content) * 8)
