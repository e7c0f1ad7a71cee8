"""Requests that this process makes of its own application, in the name of a project."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Scope

from understudy.server.services import INSIDE, InsideCall


class OwnAnswer(NamedTuple):
    """What the application answered, as a client would have got it."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def request_id(self) -> str:
        """The id under which the server's log knows the request."""
        return self.headers.get("x-request-id", "")


async def post_inside(
    app: ASGIApp, call: InsideCall, path: str, body: bytes, headers: Mapping[str, str]
) -> OwnAnswer:
    """Send JSON to a route of `app` itself, past the network but through everything else.

    Cancelling the task that waits ends the request, as a client that leaves does.
    """
    exchange = _Exchange(body)
    sent = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": None,
        "server": None,
        "state": {},
        INSIDE: call,
    }
    await app(scope, exchange.receive, exchange.send)
    return exchange.answer()


def takes_posts(app: FastAPI, path: str) -> bool:
    """Say whether something can be sent to this path."""
    scope: Scope = {"type": "http", "method": "POST", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in app.routes)


class _Exchange:
    """The two ends of one request: its body goes in, its answer comes out."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 0
        self._headers: dict[str, str] = {}
        self._answer = bytearray()

    async def receive(self) -> Message:
        if self._body is None:
            # Who listens after the body waits for a client to leave, and this one stays.
            await asyncio.Event().wait()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in message["headers"]
            }
        elif message["type"] == "http.response.body":
            self._answer += message.get("body", b"")

    def answer(self) -> OwnAnswer:
        return OwnAnswer(self._status, self._headers, bytes(self._answer))
