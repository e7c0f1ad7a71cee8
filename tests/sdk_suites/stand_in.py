"""Stands between a client's own tests and a server: made-up ids in, real ones out.

The tests are unchanged. Of each request only what cannot be real is replaced: the key, ids in the
path, the query and the body, the names of models, and addresses that nobody listens at. A parameter
that the server refuses by its name is counted and left out, so that the others are tried. Of
answers, only what the client's own types leave out although OpenAI sends it is replaced.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.api.harness import wait_until
from tests.embedders import DIMENSIONS
from tests.sdk_suites.objects import EMBEDDER, MODEL, RealObjects
from understudy.worker.supervisor.listening import listen

_DROPPED = {"host", "content-length", "authorization", "accept-encoding"}
_UNSENT = {"content-length", "content-encoding", "transfer-encoding", "connection"}


@contextmanager
def standing_in(url: str, key: str, objects: RealObjects) -> Iterator[str]:
    """Yield the base URL for the tests of a client."""
    # The server closes connections that are idle, also while the next request is on its way.
    limits = httpx2.Limits(max_keepalive_connections=0)
    with httpx2.Client(base_url=url, timeout=120, limits=limits) as http:

        async def answer(request: Request) -> Response:
            body = await request.body()
            return await run_in_threadpool(_forward, request, body, http, key, objects)

        methods = ["GET", "POST", "PUT", "DELETE"]
        app = Starlette(routes=[Route("/{path:path}", answer, methods=methods)])
        listener = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            thread.join(10)
            listener.close()


def _forward(
    request: Request, body: bytes, http: httpx2.Client, key: str, objects: RealObjects
) -> Response:
    path = request.scope["raw_path"].decode().partition("?")[0]
    is_streamed = request.method == "GET" and "stream=true" in request.url.query
    ids = _Ids(request.method, unquote(path), objects, is_streamed=is_streamed)
    if body and request.headers.get("content-type", "").startswith("application/json"):
        body = json.dumps(_real_body(json.loads(body), ids)).encode()
    query = request.url.query
    for parameter in ("after", "before"):
        # A cursor of nothing that is there is no part of what is tested.
        query = re.sub(rf"(^|&){parameter}=[^&]*", r"\1", query).strip("&")
    headers = {n: v for n, v in request.headers.items() if n not in _DROPPED}
    while True:
        answer = http.request(
            request.method,
            ids.path + (f"?{query}" if query else ""),
            content=body,
            headers=headers | {"authorization": f"Bearer {key}"},
        )
        refused = _refused(answer, body)
        if refused is None:
            kept = {n: v for n, v in answer.headers.items() if n.lower() not in _UNSENT}
            return Response(_typed(answer, ids.path), answer.status_code, kept)
        objects.refused[refused] += 1
        body = json.dumps({n: v for n, v in json.loads(body).items() if n != refused}).encode()


def _refused(answer: httpx2.Response, body: bytes) -> str | None:
    """Return the parameter that was refused by its name, if one was."""
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    if answer.status_code != 400 or not is_json or not body.startswith(b"{"):
        return None
    error = answer.json()["error"]
    if error["code"] not in ("unsupported_parameter", "unsupported_value"):
        return None
    name = str(error["param"]).partition(".")[0].partition("[")[0]
    return name if name in json.loads(body) else None


def _typed(answer: httpx2.Response, path: str) -> bytes:
    """Return an answer as the types want it.

    Eval runs and samples without an error get one, jobs that are paused are queued, and the first
    token of an echoed prompt has a probability.
    """
    content = answer.content
    if path == "/v1/completions":
        content = content.replace(b'"token_logprobs":[null', b'"token_logprobs":[0')
        content = content.replace(b'"top_logprobs":[null', b'"top_logprobs":[{}')
    if path.startswith("/v1/evals/"):
        content = content.replace(b'"error":null', b'"error":{"code":"","message":""}')
    if path.startswith("/v1/fine_tuning/jobs"):
        content = content.replace(b'"status":"paused"', b'"status":"queued"')
    return content


class _Ids:
    """The real path of a request, with the objects that it names."""

    def __init__(
        self, method: str, path: str, objects: RealObjects, *, is_streamed: bool = False
    ) -> None:
        self.objects = objects
        self.upload = ""
        self.is_streamed = is_streamed
        self.path = path
        for pattern, make in _PATHS:
            found = re.fullmatch(pattern, path)
            if found is not None:
                self.path = make(self, method, **found.groupdict())
                return

    def real_upload(self, method: str, rest: str) -> str:
        self.upload = self.objects.upload()
        return f"/v1/uploads/{self.upload}{rest}"

    def real_job(self, method: str, rest: str) -> str:
        job = self.objects.paused_job() if rest == "/resume" else self.objects.job()
        return f"/v1/fine_tuning/jobs/{job}{rest}"

    def real_permissions(self, method: str, permission: str | None) -> str:
        model = self.objects.tuned_model()
        one = f"/{self.objects.permission(model)}" if permission else ""
        return f"/v1/fine_tuning/checkpoints/{quote(model, safe=':')}/permissions{one}"

    def real_run(self, method: str, run: str, rest: str) -> str:
        eval_id, graded, item = self.objects.graded
        if rest.startswith("/output_items"):
            one = f"/{item}" if rest.count("/") > 1 else ""
            return f"/v1/evals/{eval_id}/runs/{graded}/output_items{one}"
        return f"/v1/evals/{eval_id}/runs/{self.objects.run(eval_id)}{rest}"

    def real_new_run(self, method: str) -> str:
        eval_id = self.objects.open_eval() if method == "POST" else self.objects.graded[0]
        return f"/v1/evals/{eval_id}/runs"

    def real_response(self, method: str, rest: str) -> str:
        if self.is_streamed and not rest:
            return f"/v1/responses/{self.objects.streamed_response()}"
        make = self.objects.background_response if rest == "/cancel" else self.objects.response
        return f"/v1/responses/{make()}{rest}"

    def real_model(self, method: str) -> str:
        name = self.objects.tuned_model() if method == "DELETE" else MODEL
        return f"/v1/models/{name}"


def _simple(prefix: str, make: Callable[[RealObjects], str]) -> tuple[str, Callable[..., str]]:
    def path(ids: _Ids, method: str, rest: str) -> str:
        return f"/v1/{prefix}/{make(ids.objects)}{rest}"

    return rf"/v1/{prefix}/[^/]+(?P<rest>.*)", path


_PATHS: tuple[tuple[str, Callable[..., str]], ...] = (
    _simple("files", RealObjects.file),
    (r"/v1/uploads/[^/]+(?P<rest>.*)", _Ids.real_upload),
    _simple("batches", RealObjects.batch),
    (r"/v1/fine_tuning/jobs/[^/]+(?P<rest>.*)", _Ids.real_job),
    (
        r"/v1/fine_tuning/checkpoints/.+?/permissions(?P<permission>/.+)?",
        _Ids.real_permissions,
    ),
    (r"/v1/evals/[^/]+/runs/(?P<run>[^/]+)(?P<rest>.*)", _Ids.real_run),
    (r"/v1/evals/[^/]+/runs", _Ids.real_new_run),
    _simple("evals", RealObjects.eval),
    (r"/v1/responses/(?!input_tokens|compact)[^/]+(?P<rest>.*)", _Ids.real_response),
    _simple("chat/completions", RealObjects.completion),
    (r"/v1/models/.+", _Ids.real_model),
    _simple("webhook_endpoints", RealObjects.webhook),
)


# What the tests write where a value would have to mean something.
_MEANINGLESS: tuple[tuple[str, Any, Any], ...] = (
    ("role", "role", "user"),
    ("item_schema", {"foo": "bar"}, {"type": "object"}),
    ("parameters", {"foo": "bar"}, {"type": "object", "properties": {}}),
    ("content", [{"item": {"foo": "bar"}}], [{"item": {"foo": "bar"}, "sample": {}}]),
    ("logit_bias", {"foo": 0}, {"1": 0}),
    ("max_tokens", 0, 16),
    ("max_tool_calls", 0, 1),
    ("max_output_tokens", 0, 16),
    ("max_completion_tokens", 0, 16),
)


def _meant(value: Any) -> Any:
    """Return a value in which every field means something."""
    if isinstance(value, list):
        return [_meant(each) for each in value]
    if not isinstance(value, dict):
        return value
    known = {(field, json.dumps(fake)): real for field, fake, real in _MEANINGLESS}
    if value.get("type") == "label_model":
        value = value | {"model": MODEL}
    return {
        field: known.get((field, json.dumps(inner)), _meant(inner))
        for field, inner in value.items()
    }


def _real_body(body: Any, ids: _Ids) -> Any:
    if not isinstance(body, dict):
        return body
    objects, path = ids.objects, ids.path
    given: dict[str, Any] = _meant(body)
    if path in ("/v1/responses", "/v1/responses/input_tokens"):
        # Stored prompts would name a model; without one there has to be one here.
        given = {"model": MODEL, "input": "string"} | given
        if "previous_response_id" in given and given.pop("conversation", None) is not None:
            # OpenAI refuses the two together as well.
            objects.refused["conversation"] += 1
    if path == "/v1/responses/compact":
        # There has to be something to compact; and of messages, the client's type of what comes
        # back knows only those of the assistant.
        said = ("user", "assistant")
        given["input"] = [{"role": role, "content": "string"} for role in said]
    if not given.get("stream"):
        # OpenAI refuses these too where nothing is streamed.
        given.pop("stream_options", None)
    if "tools" in given and "functions" in given:
        # The older form of the same, which nobody can ask for besides.
        given = {n: v for n, v in given.items() if n not in ("functions", "function_call")}
    real: dict[str, Callable[[Any], Any]] = {
        "input_file_id": lambda _: objects.batch_file(given.get("endpoint", "")),
        "training_file": lambda _: objects.file(),
        "validation_file": lambda _: objects.file(),
        "previous_response_id": lambda _: objects.response(),
        "project_ids": lambda given: [objects.other_project() for _ in given],
        "part_ids": lambda given: [objects.part(ids.upload)],
        "md5": lambda _: None,
        "moderation": lambda given: given | {"model": "omni-moderation-latest"},
    }
    if path.startswith("/v1/webhook_endpoints"):
        real["url"] = lambda _: objects.webhook_url
    if not path.startswith(("/v1/moderations",)):
        name = EMBEDDER if path == "/v1/embeddings" else MODEL
        real["model"] = lambda _: name
    if path == "/v1/embeddings":
        real["dimensions"] = lambda _: DIMENSIONS
        # Strict clients refuse the base64 that they ask for themselves.
        real["encoding_format"] = lambda _: "float"
    return {
        field: real[field](value) if field in real and value is not None else value
        for field, value in given.items()
    }
