"""A hub on this machine: it has one model, a gated one, one without safetensors, and may hang."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REVISION = "a" * 40


class FakeHub:
    """What the hub has, and how it behaves."""

    def __init__(self, models: dict[str, Path]) -> None:
        self.models = models
        self.hangs = threading.Event()
        self.ends = threading.Event()
        self.fetched: list[str] = []
        self.url = ""


@contextmanager
def fake_hub(models: dict[str, Path]) -> Iterator[FakeHub]:
    hub = FakeHub(models)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(has_body=False)

        def do_GET(self) -> None:
            self.answer(has_body=True)

        def answer(self, *, has_body: bool) -> None:
            path = self.path.partition("?")[0]
            if hub.hangs.is_set():
                hub.ends.wait(120)
                return
            if "/resolve/" in path:
                model, _, rest = path.lstrip("/").partition("/resolve/")
                file = hub.models[model] / rest.partition("/")[2]
                if has_body:
                    hub.fetched.append(file.name)
                self.send(200, file.read_bytes(), has_body, etag=f'"{file.name}{REVISION}"')
                return
            parts = path.removeprefix("/api/models/").split("/")
            model = "/".join(parts[:2])
            if model == "gated/model":
                self.send(403, b"{}", has_body, code="GatedRepo")
            elif model not in hub.models:
                self.send(404, b"{}", has_body, code="RepoNotFound")
            else:
                files = sorted(f for f in hub.models[model].iterdir() if f.is_file())
                if "tree" in parts:
                    listed = [
                        {"type": "file", "path": f.name, "size": f.stat().st_size, "oid": REVISION}
                        for f in files
                    ]
                    self.send(200, json.dumps(listed).encode(), has_body)
                    return
                siblings = [{"rfilename": f.name, "size": f.stat().st_size} for f in files]
                about = {"id": model, "sha": REVISION, "siblings": siblings, "gated": False}
                self.send(200, json.dumps(about).encode(), has_body)

        def send(
            self, status: int, body: bytes, has_body: bool, *, code: str = "", etag: str = ""
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Repo-Commit", REVISION)
            if code:
                self.send_header("X-Error-Code", code)
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            if has_body:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        hub.ends.set()
        server.shutdown()
        thread.join()
        server.server_close()
