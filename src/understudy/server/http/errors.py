"""The one place where an error becomes a status, a body and headers."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from understudy.errors import (
    AuthenticationError,
    InvalidRequestError,
    ModerationFaultError,
    NotFoundError,
    OverloadedError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RemoteBusyError,
    RemoteFaultError,
    RemoteRefusalError,
    RemoteTimeoutError,
    RemoteUnavailableError,
    SlowBodyError,
    StorageFaultError,
    StorageFullError,
    UnavailableError,
    UnderstudyError,
)
from understudy.schemas.errors import ErrorBody, ErrorEnvelope
from understudy.server.http.addresses import allowed_methods, meant_path
from understudy.server.http.drain import drain
from understudy.server.http.validation_errors import request_error
from understudy.wording import worded


class _Answer(NamedTuple):
    """How one class of error leaves the server."""

    status: int
    type: str
    headers: Mapping[str, str]


WORDING_HEADER = "x-understudy-wording"
"""Code and values of an error's sentence as JSON, for clients that say it in other languages."""
_MAX_WORDING_CHARACTERS = 4000
_NO_RETRY = {"x-should-retry": "false"}
_ANSWERS: dict[type[UnderstudyError], _Answer] = {
    InvalidRequestError: _Answer(400, "invalid_request_error", {}),
    AuthenticationError: _Answer(401, "invalid_request_error", {"www-authenticate": "Bearer"}),
    PermissionDeniedError: _Answer(403, "invalid_request_error", {}),
    NotFoundError: _Answer(404, "invalid_request_error", {}),
    # The rest of a body that nobody wants must not be taken for the next request.
    PayloadTooLargeError: _Answer(413, "invalid_request_error", {"connection": "close"}),
    SlowBodyError: _Answer(408, "invalid_request_error", {"connection": "close"}),
    # The clients repeat every 5xx by themselves; a full disk does not heal in a second.
    StorageFullError: _Answer(507, "server_error", _NO_RETRY),
    StorageFaultError: _Answer(500, "server_error", _NO_RETRY),
    UnavailableError: _Answer(503, "server_error", {}),
    OverloadedError: _Answer(429, "requests", {}),
    RemoteBusyError: _Answer(429, "remote_error", {}),
    RemoteUnavailableError: _Answer(502, "remote_error", {}),
    RemoteTimeoutError: _Answer(504, "remote_error", {}),
    RemoteFaultError: _Answer(502, "remote_error", _NO_RETRY),
    ModerationFaultError: _Answer(502, "server_error", _NO_RETRY),
    RemoteRefusalError: _Answer(400, "remote_error", {}),
}
_UNEXPECTED = _Answer(500, "server_error", {})


def install_error_handlers(app: FastAPI) -> None:
    """Make every error that a route or the router can raise leave in the envelope."""
    app.add_exception_handler(UnderstudyError, _answer_known)
    app.add_exception_handler(PayloadTooLargeError, _answer_too_large)
    app.add_exception_handler(RequestValidationError, _answer_invalid_query)
    app.add_exception_handler(HTTPException, _answer_router)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)


def error_response(error: UnderstudyError) -> Response:
    """Return the answer that reports `error` to a client."""
    answer = _answer_of(error)
    headers = {**answer.headers, **_retry_headers(error), **_wording_header(error)}
    return Response(
        error_envelope(error).model_dump_json(),
        status_code=error.status if isinstance(error, RemoteRefusalError) else answer.status,
        headers=headers,
        media_type="application/json",
    )


def error_envelope(error: UnderstudyError) -> ErrorEnvelope:
    """Return the body that reports `error` to a client; streams send it after their headers."""
    return ErrorEnvelope(
        error=ErrorBody(
            message=error.message,
            type=_answer_of(error).type,
            param=error.param,
            code=error.code,
        )
    )


def unexpected_error(request_id: str) -> UnderstudyError:
    """Return the error for what should not have happened; its cause stays in the log."""
    return UnderstudyError(
        worded(
            "api.unexpected",
            "The server had an error while processing your request. Try again, "
            "and if it happens again, look for {request} in the server's log.",
            request=request_id,
        )
    )


def _answer_of(error: UnderstudyError) -> _Answer:
    for kind in type(error).__mro__:
        if kind in _ANSWERS:
            return _ANSWERS[kind]
    return _UNEXPECTED


def _retry_headers(error: UnderstudyError) -> dict[str, str]:
    if not isinstance(error, OverloadedError | UnavailableError):
        return {}
    milliseconds = round(error.retry_after_seconds * 1000)
    seconds = max(1, -(-milliseconds // 1000))
    return {"retry-after-ms": str(milliseconds), "retry-after": str(seconds)}


def _wording_header(error: UnderstudyError) -> dict[str, str]:
    """Say in a header what the message says: the body has OpenAI's four fields and no more."""
    wording = error.message.to_json()
    if wording is None:
        return {}
    value = json.dumps(wording)
    return {WORDING_HEADER: value} if len(value) <= _MAX_WORDING_CHARACTERS else {}


def _answer_known(_request: Request, error: Exception) -> Response:
    assert isinstance(error, UnderstudyError)
    return error_response(error)


async def _answer_too_large(request: Request, error: Exception) -> Response:
    assert isinstance(error, PayloadTooLargeError)
    await drain(request)
    return error_response(error)


def _answer_invalid_query(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # FastAPI's paths begin with where it looked, "query"; users know only the parameter.
    details = [{**detail, "loc": detail["loc"][1:]} for detail in error.errors()]
    return error_response(request_error(details))


def _answer_router(request: Request, error: Exception) -> Response:
    """Answer for the router, which knows only of unknown routes and wrong methods."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_response(_unknown(request))
    if error.status_code == 405:
        return other_method(request, allowed_methods(request, request.url.path))
    return error_response(InvalidRequestError(str(error.detail)))


def other_method(request: Request, allowed: Sequence[str]) -> Response:
    """Answer a method that an address does not take: OPTIONS with those it takes, others by 405."""
    headers = {"allow": ", ".join(allowed)}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=headers)
    refusal = InvalidRequestError(
        worded(
            "api.method_url_allowed",
            "Invalid method for URL ({request}). Allowed: {allow}.",
            request=_url(request),
            allow=headers["allow"],
        ),
        code="method_not_supported",
    )
    response = error_response(refusal)
    response.status_code = 405
    response.headers.update(headers)
    return response


def _unknown(request: Request) -> NotFoundError:
    message = f"Invalid URL ({_url(request)})"
    if request.url.path.strip("/") == "v1":
        message += "; this is the base URL of the API, which clients add their paths to"
    elif (meant := meant_path(request)) is not None:
        message += (
            f"; did you mean {meant[:200]}? The base URL that clients are given ends in /v1, and "
            "they add their paths to it"
        )
    return NotFoundError(message, code="unknown_url")


def _url(request: Request) -> str:
    return f"{request.method} {request.url.path[:200]}"


def _answer_nobody(_request: Request, _error: Exception) -> Response:
    """Answer a client that left during its own request; nothing of it is sent."""
    return Response(status_code=400)
