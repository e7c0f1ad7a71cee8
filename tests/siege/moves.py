"""Requests as a crowd of clients makes them: to things that exist or did, well and badly formed."""

import json
import random
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.api.harness import BASE
from tests.siege.document import METHODS, whole_document
from tests.siege.town import GRADER, LINE, ROW, SCHEMA, Ids

_MAX_KNOWN = 40
"""Ids of one kind: the oldest are forgotten, so that most exist."""
_PREFIXES = {
    "file-": ("file_id",),
    "ftjob-": ("job_id",),
    "batch_": ("batch_id",),
    "resp_": ("response_id",),
    "chatcmpl-": ("completion_id",),
    "evalrun_": ("run_id",),
    "eval_": ("eval_id",),
    "upload_": ("upload_id",),
    "part_": ("part_id",),
    "we_": ("webhook_endpoint_id",),
}
_ID = re.compile(r'"((?:' + "|".join(_PREFIXES) + r')[A-Za-z0-9_-]+)"')
_MESSAGES = LINE["messages"][:1]
_EVAL = {
    "data_source_config": {"type": "custom", "item_schema": SCHEMA, "include_sample_schema": True},
    "testing_criteria": [GRADER],
    "name": "e",
}
_RUN = {
    "data_source": {"type": "jsonl", "source": {"type": "file_content", "content": [ROW]}},
}
_UPLOAD = {"purpose": "batch", "filename": "f", "bytes": 5, "mime_type": "application/jsonl"}
_HOOK = {"name": "h", "url": "https://example.com/", "event_types": ["batch.completed"]}
_TURN = {"model": BASE, "input": "Hi"}
_NAMES = ("..%2f", "..%2f..%2fetc%2fpasswd", "%00", "%ff", "a" * 5000, "%0d%0aX:%20y", "..", "%25")
_TEXTS = (
    "\0", "\ud800", "a" * 70_000, "../../etc/passwd", "", "{{ sample }}", "{% for x in y %}", "💥",
    "'; DROP TABLE files; --", "<script>alert(1)</script>", "\r\nX: y",
)  # fmt: skip
_NUMBERS = (
    "NaN", "Infinity", "-1e400", "9" * 400, "-1", "1e308", "9223372036854775808", "0.1", "true",
)  # fmt: skip
_DEEP = 50_000
_BOUNDARY = "crowd"
_ODD_HEADERS = (
    {"x-stainless-retry-count": "9" * 3000},
    {"Range": "bytes=" + ",".join(f"{n}-" for n in range(1000))},
    {"Idempotency-Key": "k" * 3000},
    {"Accept-Encoding": "gzip;q=NaN"},
    {"Authorization": "Bearer \xff\xfe"},
    {"Host": "evil.example"},
    {"Content-Type": "multipart/form-data; boundary=" + "b" * 300},
    {"X-Request-ID": "a" * 7000},
)


class Request(NamedTuple):
    """What one client sends."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def label(self) -> str:
        """How a finding names it."""
        return f"{self.method} {self.path[:150]} {self.body[:300]!r}"


class Known:
    """What exists or did, by the names that paths give it; for many threads."""

    def __init__(self, ids: Ids) -> None:
        self._lock = threading.Lock()
        self._ids: dict[str, list[str]] = defaultdict(list)
        for name, value in ids.items():
            self._ids[name].append(value)

    def learn(self, answer: str) -> None:
        """Take the ids of an answer."""
        with self._lock:
            for found in _ID.findall(answer[:20_000]):
                names = next(n for prefix, n in _PREFIXES.items() if found.startswith(prefix))
                for name in names:
                    known = self._ids[name]
                    if found not in known:
                        known.append(found)
                        del known[:-_MAX_KNOWN]

    def one(self, name: str, chance: random.Random) -> str:
        """Return one of that name, or a word where there never was one."""
        with self._lock:
            return chance.choice(self._ids.get(name) or ["nothing"])


class Moves:
    """Makes one request after the other, each by chance."""

    def __init__(self, known: Known, key: str, chance: random.Random) -> None:
        self._known, self._key, self._chance = known, key, chance
        self._operations = [
            (method, path)
            for path, operations in whole_document()["paths"].items()
            for method in METHODS
            if method in operations
        ]

    def __iter__(self) -> Iterator[Request]:
        while True:
            yield self._move()

    def _move(self) -> Request:
        chance = self._chance
        if chance.random() < 0.3:
            method, path = "post", chance.choice([*_bodies(self._known, chance)])
        else:
            method, path = chance.choice(self._operations)
        body, kind = b"", "application/json"
        if method in ("post", "put"):
            body, kind = self._body(path)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": kind}
        if chance.random() < 0.05:
            headers |= chance.choice(_ODD_HEADERS)
        return Request(method.upper(), self._path(path, method), headers, body)

    def _path(self, path: str, method: str) -> str:
        chance = self._chance

        def named(match: re.Match[str]) -> str:
            if chance.random() < 0.1:
                return chance.choice(_NAMES)
            return self._known.one(match[1], chance)

        made = re.sub(r"{(\w+)(?::path)?}", named, path)
        if method == "get" and chance.random() < 0.3:
            made += f"?limit={chance.choice(['1', '100', *_NUMBERS])}&after={chance.choice(_NAMES)}"
        return made

    def _body(self, path: str) -> tuple[bytes, str]:
        chance = self._chance
        if path in ("/v1/files", "/v1/uploads/{upload_id}/parts"):
            return _form(path, chance), f"multipart/form-data; boundary={_BOUNDARY}"
        body = _bodies(self._known, chance).get(path, {"metadata": {"a": "b"}})
        if chance.random() < 0.4:
            return _spoiled(body, chance), "application/json"
        return json.dumps(body).encode(), "application/json"


def _bodies(known: Known, chance: random.Random) -> Mapping[str, Any]:
    file_id, response_id = known.one("file_id", chance), known.one("response_id", chance)
    return {
        "/v1/files": None,
        "/v1/uploads": _UPLOAD,
        "/v1/uploads/{upload_id}/parts": None,
        "/v1/uploads/{upload_id}/complete": {"part_ids": [known.one("part_id", chance)]},
        "/v1/fine_tuning/jobs": {"model": BASE, "training_file": file_id},
        "/v1/batches": {
            "input_file_id": file_id,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        },
        "/v1/evals": _EVAL,
        "/v1/evals/{eval_id}": {"name": "f"},
        "/v1/evals/{eval_id}/runs": _RUN,
        "/v1/chat/completions": {"model": BASE, "messages": _MESSAGES, "store": True},
        "/v1/responses": chance.choice(
            [
                _TURN,
                _TURN | {"background": True},
                _TURN | {"previous_response_id": response_id},
                _TURN | {"stream": True, "background": True},
            ]
        ),
        "/v1/x/keys": {"name": "another"},
        "/v1/webhook_endpoints": _HOOK,
        "/v1/x/exports": {"model": BASE, "format": "merged"},
        "/v1/fine_tuning/jobs/{job_id}/pause": {},
        "/v1/fine_tuning/jobs/{job_id}/resume": {},
        "/v1/fine_tuning/jobs/{job_id}/cancel": {},
    }


def _spoiled(body: Any, chance: random.Random) -> bytes:
    """Return JSON with one value replaced, or something that is hardly JSON."""
    text = json.dumps(body)
    match chance.randrange(6):
        case 0:
            return text[: chance.randrange(len(text))].encode()
        case 1:
            return b"[" * _DEEP
        case 2:
            return text.encode() + b"\xff\xfe"
        case 3:
            return _replaced(text, chance.choice(_NUMBERS), chance)
        case 4:
            return _replaced(text, "[" * 200 + "]" * 200, chance)
        case _:
            return _replaced(text, json.dumps(chance.choice(_TEXTS)), chance)


def _replaced(text: str, value: str, chance: random.Random) -> bytes:
    places = [*re.finditer(r'(?<=: )("[^"]*"|\d+|true|{}|\[\])', text)]
    if not places:
        return b'{"a": %s}' % value.encode()
    place = chance.choice(places)
    return (text[: place.start()] + value + text[place.end() :]).encode()


def _form(path: str, chance: random.Random) -> bytes:
    content = (json.dumps(LINE) + "\n").encode() * 12
    name = chance.choice(["f.jsonl", "../../x", 'a"b', "\0", "n" * 5000, "\ud800"])
    field = "file" if path == "/v1/files" else "data"
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    part = b"--crowd\r\n" + head.encode(errors="surrogatepass") + content + b"\r\n"
    purpose = chance.choice(["fine-tune", "evals", "batch", "user_data", "assistants"])
    told = f'--crowd\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n'
    match chance.randrange(8):
        case 0:
            return told.encode() * 3000 + b"--crowd--\r\n"
        case 1:
            return told.encode() + part
        case 2:
            return told.encode() + part.replace(b"\r\n\r\n", b"\r\nX: y" * 2000 + b"\r\n\r\n", 1)
        case _:
            return told.encode() + part + b"--crowd--\r\n"
