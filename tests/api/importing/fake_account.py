"""An account at OpenAI as its API shows it: lists in pages, contents, refusals, and breaks."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk-account"
_PAGE = 2


class FakeAccount:
    """What the account holds, and what happens to whom asks."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.contents: dict[str, bytes] = {}
        self.refusals: dict[str, tuple[int, dict[str, str]]] = {}
        """Paths → status and error."""
        self.busy = 0
        """So many requests are answered 429 first."""
        self.breaks_after: int | None = None
        """So many requests are answered before the connection breaks at every one."""
        self.asked: list[str] = []
        self.url = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, bytes] | None:
        self.asked.append(path)
        if self.breaks_after is not None and len(self.asked) > self.breaks_after:
            return None
        if self.busy:
            self.busy -= 1
            return 429, _error({"message": "Slow down.", "code": "rate_limit_exceeded"})
        if path in self.refusals:
            status, error = self.refusals[path]
            return status, _error(error)
        if path in self.contents:
            return 200, self.contents[path]
        if path in self.lists:
            return 200, self._page(path, query.get("after", [""])[0])
        where, _, id = path.rpartition("/")
        found = [each for each in self.lists.get(where, []) if each["id"] == id]
        if found:
            return 200, json.dumps(found[0]).encode()
        return 404, _error({"message": f"No such object: {id}", "code": "not_found"})

    def _page(self, path: str, after: str) -> bytes:
        objects = self.lists[path]
        ids = [each["id"] for each in objects]
        start = ids.index(after) + 1 if after in ids else 0
        page = objects[start : start + _PAGE]
        has_more = start + _PAGE < len(objects)
        return json.dumps({"object": "list", "data": page, "has_more": has_more}).encode()


def _error(error: dict[str, str]) -> bytes:
    return json.dumps({"error": error}).encode()


@contextmanager
def running_account() -> Iterator[FakeAccount]:
    account = FakeAccount()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["authorization"] == f"Bearer {KEY}"
            parts = urlsplit(self.path)
            answer = account.answer(parts.path.removeprefix("/v1"), parse_qs(parts.query))
            if answer is None:
                self.close_connection = True
                return
            status, body = answer
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            # What the client waits before it asks again.
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    account.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield account
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
