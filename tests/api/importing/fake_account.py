"""An account at OpenAI as its API shows it: lists in pages, contents, refusals, and breaks."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.parser import BytesParser
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
        self.answers: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]] | None = None
        """What the batch says to the body of one of its requests: status and body."""
        self.rounds = 2
        """So often a batch is in progress when it is asked for, before it is completed."""

    def upload(self, content: bytes) -> bytes:
        id = f"file-batch-{len(self.contents)}"
        self.contents[f"/files/{id}/content"] = content
        made = {"id": id, "object": "file", "bytes": len(content), "created_at": 1}
        return json.dumps({**made, "filename": "clone.jsonl", "purpose": "batch"}).encode()

    def begin_batch(self, asked: dict[str, Any]) -> bytes:
        batches = self.lists.setdefault("/batches", [])
        batch = {"id": f"batch-{len(batches)}", "object": "batch", "status": "in_progress"}
        batch |= {"created_at": 1, "completion_window": "24h", **asked}
        batches.append(batch)
        return json.dumps(batch).encode()

    def _work_on(self, batch: dict[str, Any]) -> None:
        """Answer the requests of a batch once it was asked for a few times."""
        batch["asked"] = batch.get("asked", 0) + 1
        if batch["asked"] <= self.rounds or "output_file_id" in batch or self.answers is None:
            return
        lines = self.contents[f"/files/{batch['input_file_id']}/content"].splitlines()
        answered = b""
        for line in map(json.loads, lines):
            status, body = self.answers(line["body"])
            response = {"status_code": status, "body": body}
            done = {"custom_id": line["custom_id"], "response": response, "error": None}
            answered += json.dumps(done).encode() + b"\n"
        batch["output_file_id"] = json.loads(self.upload(answered))["id"]
        batch["status"] = "completed"

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
        if found and where == "/batches":
            self._work_on(found[0])
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

        def do_POST(self) -> None:
            assert self.headers["authorization"] == f"Bearer {KEY}"
            content = self.rfile.read(int(self.headers["content-length"]))
            path = urlsplit(self.path).path.removeprefix("/v1")
            account.asked.append(f"POST {path}")
            if path == "/batches":
                body = account.begin_batch(json.loads(content))
            else:
                form = BytesParser().parsebytes(
                    f"content-type: {self.headers['content-type']}\r\n\r\n".encode() + content
                )
                (file,) = [p for p in form.walk() if p.get_filename()]
                body = account.upload(bytes(file.get_payload(decode=True)))  # type: ignore[arg-type]
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
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
