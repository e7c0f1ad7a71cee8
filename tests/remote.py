"""A second server that plays the remote: OpenAI's API on loopback, saying what a test wants."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "gpt-4.1-2025-04-14"
KEY = "sk-remote-" + "s3cret" * 5
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@dataclass(kw_only=True)
class Reply:
    """What the remote says to one request."""

    status: int = 200
    body: Any = None
    """JSON, or bytes as they are."""
    events: Sequence[Any] | None = None
    """A stream of these instead, each JSON or a text."""
    pieces: Sequence[bytes] | None = None
    """A body of these instead, each sent alone and as it is."""
    headers: Mapping[str, str] = field(default_factory=dict)
    waits_seconds: float = 0.0
    """How long it says nothing first."""
    pauses_seconds: float = 0.0
    """Between the events of a stream, or between pieces."""
    is_cut: bool = False
    """Whether the connection breaks off after what it says."""


@dataclass(kw_only=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float


def completion(text: str | None = "Hello!", *, model: str = MODEL, **fields: Any) -> Reply:
    """A whole answer; `fields` belong to its message, but for `finish_reason` and `usage`."""
    finish_reason = fields.pop("finish_reason", "stop")
    usage = fields.pop("usage", USAGE)
    message = {"role": "assistant", "content": text, **fields}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    body = {"id": "chatcmpl-x", "object": "chat.completion", "created": 1, "model": model}
    return Reply(body={**body, "choices": [choice], "usage": usage})


def chunk(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"object": "chat.completion.chunk", "model": MODEL, "choices": [choice]}


def stream(*pieces: Mapping[str, Any], finish_reason: str = "stop", usage: Any = USAGE) -> Reply:
    """A streamed answer in OpenAI's manner: the role, the pieces, the end, what it cost."""
    events: list[Any] = [chunk({"role": "assistant", "content": ""}), *map(chunk, pieces)]
    events.append(chunk({}, finish_reason))
    if usage is not None:
        events.append(
            {"object": "chat.completion.chunk", "model": MODEL, "choices": [], "usage": usage}
        )
    return Reply(events=[*events, "[DONE]"])


def refusal(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body={"error": error}, headers=named)


class FakeRemote:
    """Answers each request with the next reply, or by a function of the request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.left_early = False
        """Whether a client closed its connection before all was said."""
        self._replies: deque[Reply] = deque()
        self._by: Callable[[Request], Reply] | None = None
        remote = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                body = json.loads(self.rfile.read(length))
                remote._answer(self, body)

            def do_GET(self) -> None:
                remote._answer(self, {})

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def says(self, *replies: Reply, by: Callable[[Request], Reply] | None = None) -> None:
        """Answer the next requests so, one each; or each one by what it is."""
        self.requests.clear()
        self._replies = deque(replies)
        self._by = by

    def table(self, name: str, *lines: str) -> str:
        """The lines of understudy.toml by which a server knows it."""
        return "\n".join((f'[remote_models."{name}"]', f'base_url = "{self.url}"', *lines, ""))

    @contextmanager
    def running(self) -> Iterator["FakeRemote"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(10)

    def _answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        request = Request(
            path=handler.path,
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=body,
            at=time.monotonic(),
        )
        self.requests.append(request)
        reply = self._by(request) if self._by is not None else self._replies.popleft()
        time.sleep(reply.waits_seconds)
        try:
            _send(handler, reply)
        except (BrokenPipeError, ConnectionResetError):
            self.left_early = handler.close_connection = True


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    pieces = reply.pieces if reply.events is None else [*map(_event, reply.events)]
    if pieces is not None:
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for piece in pieces:
            _send_piece(handler, piece)
            time.sleep(reply.pauses_seconds)
        if not reply.is_cut:
            _send_piece(handler, b"")
    else:
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(content) + 100 * reply.is_cut))
        handler.end_headers()
        handler.wfile.write(content)
    handler.close_connection = handler.close_connection or reply.is_cut


def _event(event: Any) -> bytes:
    return f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode()


def _send_piece(handler: BaseHTTPRequestHandler, piece: bytes) -> None:
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    handler.wfile.flush()
