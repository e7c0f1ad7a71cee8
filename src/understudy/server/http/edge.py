"""The outer edge: request ids, the headers of every answer, and failures nobody foresaw."""

import logging
import time
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.ids import new_request_id
from understudy.logs import place_of
from understudy.server.http.body_memory import BodyMemory
from understudy.server.http.errors import error_response, unexpected_error
from understudy.server.http.host_check import check_host
from understudy.server.http.request_metrics import RequestMetrics
from understudy.wording import worded

logger = logging.getLogger(__name__)

API_VERSION = "2020-10-01"
"""The only version that OpenAI ever gave its API; clients may log it."""


_IGNORED = "ignored"


def note_ignored(request: Request, parameters: Iterable[str]) -> None:
    """Let the answer say in its header `x-understudy-ignored` what it does not follow."""
    setattr(request.state, _IGNORED, list(parameters))


class Edge:
    """Wraps the application; `only_local_hosts` is for servers bound to the loopback address."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        organization: str,
        only_local_hosts: bool,
        requests: RequestMetrics,
        bodies: BodyMemory,
    ) -> None:
        self._app = app
        self._bodies = bodies
        self._requests = requests
        self._organization = organization
        self._only_local_hosts = only_local_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens in it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, organization=self._organization)
        # Of the answer to GET a client that asks for HEAD gets the headers alone: the server
        # itself keeps the body back, by the scope that it made.
        scope = {**scope, "method": "GET"} if scope["method"] == "HEAD" else {**scope}
        share = self._bodies.share()
        scope["state"] = answer.state = {
            **scope.get("state", {}),
            "request_id": answer.request_id,
            "body_share": share,
        }
        try:
            self._check(scope)
            await self._app(scope, receive, answer.send)
        except UnderstudyError as error:
            await error_response(error)(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 the edge of the process: record it and continue
            _record(error, scope, answer.request_id)
            if answer.status is None:
                failure = unexpected_error(answer.request_id)
                await error_response(failure)(scope, receive, answer.send)
        finally:
            share.end()
            self._requests.record(scope, status=answer.status, seconds=answer.seconds())

    def _check(self, scope: Scope) -> None:
        if self._only_local_hosts:
            check_host(scope["headers"])
        # PostgreSQL cannot compare with a text that holds NUL, and no id or value has one.
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise InvalidRequestError(
                worded(
                    "api.url_must_not_contain",
                    "The URL must not contain the character NUL.",
                )
            )


class _Answer:
    """Sends an answer with the headers that every answer carries."""

    def __init__(self, send: Send, *, organization: str) -> None:
        self.request_id = new_request_id()
        self.status: int | None = None
        self.state: dict[str, Any] = {}
        """What the routes note of the request."""
        self._send = send
        self._organization = organization
        self._began = time.perf_counter()

    def seconds(self) -> float:
        """Return how long ago the request began."""
        return time.perf_counter() - self._began

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.request_id
            headers["openai-version"] = API_VERSION
            headers["openai-organization"] = self._organization
            if ignored := self.state.get(_IGNORED):
                headers["x-understudy-ignored"] = ", ".join(ignored)
            headers["openai-processing-ms"] = str(round(self.seconds() * 1000))
        await self._send(message)


def _record(error: Exception, scope: Scope, request_id: str) -> None:
    where = (request_id, scope["method"], scope["path"])
    logger.error("%s: %s %s failed with %s", *where, place_of(error))
