"""An HTTP server of a user, which hears of events."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Received(NamedTuple):
    body: bytes
    headers: Mapping[str, str]


class Receiver(ThreadingHTTPServer):
    """Answers `status` to every POST and remembers what came."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.status = 200
        self.is_flaky = False
        """Whether the first attempt of some events is answered with 500."""
        self.received: list[Received] = []

    def status_for(self, webhook_id: str) -> int:
        is_first = [each.headers["webhook-id"] for each in self.received].count(webhook_id) == 1
        refuses = self.is_flaky and is_first and sum(webhook_id.encode()) % 3 == 0
        return 500 if refuses else self.status

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(body, headers))
        self.send_response(self.server.status_for(headers["webhook-id"]))
        self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()
