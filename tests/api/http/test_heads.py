"""Heads of requests that are too long, or of no request."""

import json
import socket
from contextlib import suppress

import pytest

from tests.api.harness import RunningServer

MEGABYTES = b"a" * 3_000_000
HEADS = [
    (b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: " + MEGABYTES, 431, "64 KB"),
    (b"GET /" + MEGABYTES + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 431, "64 KB"),
    (b"GET /healthz HTTP/1.1\r\n" + b"X-A: a\r\n" * 200_000, 431, "64 KB"),
    # A TLS client says hello.
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400, "http://"),
    (b"GET /healthz HTTP/1.1\r\nContent-Length: 3, 4\r\n\r\n", 400, "no HTTP request"),
    (b"POST /v1/files HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "no HTTP request"),
]


@pytest.mark.parametrize(("head", "status", "says"), HEADS, ids=range(len(HEADS)))
def test_a_head_of_megabytes_or_of_no_request_is_refused_in_the_envelope(
    server: RunningServer, head: bytes, status: int, says: str
):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        with suppress(ConnectionError):
            connection.sendall(head)
        answer = received(connection)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert says in error["message"]
    assert error["type"] == "invalid_request_error"
    assert server.http.get("/healthz").status_code == 200


def received(connection: socket.socket) -> bytes:
    """Read until the server hangs up, which may be a reset while more is being sent."""
    answer = b""
    with suppress(ConnectionError):
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def test_ten_thousand_ranges_are_one_answer(server: RunningServer, key: str):
    headers = {"Authorization": f"Bearer {key}"}
    file = {"file": ("f.jsonl", b'{"a": 1}\n', "application/jsonl")}
    made = server.http.post(
        "/v1/files", files=file, data={"purpose": "user_data"}, headers=headers
    ).json()
    ranges = "bytes=" + ",".join("0-1" for _ in range(10_000))
    content = server.http.get(
        f"/v1/files/{made['id']}/content", headers=headers | {"Range": ranges}
    )
    assert (content.status_code, content.content) == (200, b'{"a": 1}\n')
