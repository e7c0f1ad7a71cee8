"""What can go wrong at a remote model, as errors that say whose fault it is and what to do."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, cast

import httpx2

from understudy.data.files.strict_json import parse_value
from understudy.errors import (
    RemoteBusyError,
    RemoteFaultError,
    RemoteRefusalError,
    RemoteTimeoutError,
    RemoteUnavailableError,
    UnderstudyError,
)
from understudy.registry.remote_models import RemoteEndpoint

_MAX_MESSAGE = 1000
_USUAL_PAUSE_SECONDS = 5.0
_MAX_PAUSE_SECONDS = 24 * 60 * 60.0
_NO_QUOTA = "insufficient_quota"
# The remote server gives up on these by itself, or may not when it is asked again.
_PASSING = frozenset({408, 409, 425})


def fault_of_status(
    endpoint: RemoteEndpoint, response: httpx2.Response, body: bytes, key: str | None
) -> UnderstudyError:
    """Return the error for an answer that is none; the key never stands in it."""
    status, said = response.status_code, _Said.of(body, key)
    answered = f"{endpoint.words} answered {status}"
    if response.is_redirect:
        return RemoteFaultError(
            f"{answered}, a redirect to another address, which is not followed; correct "
            f"`base_url` in {_table(endpoint)}.",
            code="remote_redirected",
        )
    if status in (401, 403):
        return RemoteFaultError(_of_the_key(endpoint, answered), code="remote_key_refused")
    if status == 429 and said.code == _NO_QUOTA:
        return RemoteFaultError(f"{answered}: {said.message}", code=_NO_QUOTA)
    if status == 429:
        return RemoteBusyError(
            f"{answered}: {said.message}", retry_after_seconds=retry_after_seconds(response)
        )
    if status >= 500 or status in _PASSING:
        return RemoteUnavailableError(
            f"{answered}: {said.message}",
            code="remote_server_error",
            retry_after_seconds=retry_after_seconds(response),
        )
    if status < 400:
        return invalid_answer(endpoint, f"it answered with the status {status}")
    return RemoteRefusalError(
        f"{answered}: {said.message}", status=status, code=said.code, param=said.param
    )


def fault_of_transport(endpoint: RemoteEndpoint, error: httpx2.HTTPError) -> UnderstudyError:
    """Return the error for a connection that could not be made or broke off."""
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return RemoteUnavailableError(
            f"{endpoint.words} cannot be reached; see whether its server is up, and `base_url` in "
            f"{_table(endpoint)}.",
            code="remote_unreachable",
        )
    if isinstance(error, httpx2.TimeoutException):
        return was_silent(endpoint)
    return broken_off(endpoint)


def was_silent(endpoint: RemoteEndpoint) -> UnderstudyError:
    """Return the error for a remote server that said nothing for as long as it may."""
    return RemoteTimeoutError(
        f"{endpoint.words} was silent for {endpoint.timeout_seconds:g} seconds; try again, or "
        f"raise `timeout_seconds` in {_table(endpoint)}.",
        code="remote_timeout",
    )


def fault_in_stream(endpoint: RemoteEndpoint, error: object, key: str | None) -> UnderstudyError:
    """Return the error for one that the remote server reports in the middle of an answer."""
    said = _Said.of_error(error, key)
    return RemoteUnavailableError(
        f"{endpoint.words} broke off its answer with an error: {said.message}",
        code="remote_server_error",
    )


def broken_off(endpoint: RemoteEndpoint) -> UnderstudyError:
    """Return the error for an answer that ends before it is whole."""
    return RemoteUnavailableError(
        f"{endpoint.words} closed the connection before its answer was whole; try again.",
        code="remote_broke_off",
    )


def invalid_answer(endpoint: RemoteEndpoint, why: str) -> UnderstudyError:
    """Return the error for an answer that is not what its API promises."""
    return RemoteFaultError(
        f"{endpoint.words} gave an answer that OpenAI's API does not have: {why}. See whether "
        f"`base_url` in {_table(endpoint)} is the address of such an API.",
        code="remote_invalid_answer",
    )


def other_model(endpoint: RemoteEndpoint, answered: str) -> UnderstudyError:
    """Return the error for an answer of a model that was not asked for."""
    expected = endpoint.answers_as or endpoint.model
    return RemoteFaultError(
        f"{endpoint.words} was asked for '{expected}' and another model answered: "
        f"'{answered[:200]}'. If that is the one you want, write answers_as = "
        f'"{answered[:200]}" into {_table(endpoint)}; "*" allows every name.',
        code="remote_model_changed",
    )


def limit_is_ours(endpoint: RemoteEndpoint, waited_seconds: float) -> UnderstudyError:
    """Return the error for a request that this server's own limits held back for too long."""
    return RemoteBusyError(
        f"This server's own limits for the remote model `{endpoint.name}` held the request back "
        f"for {waited_seconds:g} seconds; try again later, or raise `at_once`, "
        f"`requests_per_minute` or `tokens_per_minute` in {_table(endpoint)}.",
        retry_after_seconds=_USUAL_PAUSE_SECONDS,
    )


def retry_after_seconds(response: httpx2.Response) -> float:
    """Return how long the remote server wants to be left alone."""
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = response.headers.get(header, "")
        try:
            seconds = float(value) * unit
            return _bounded(seconds) if isfinite(seconds) else _USUAL_PAUSE_SECONDS
        except ValueError:
            if header == "retry-after" and value:
                return _seconds_until(value)
    return _USUAL_PAUSE_SECONDS


def _seconds_until(date: str) -> float:
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return _USUAL_PAUSE_SECONDS
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return _bounded((at - datetime.now(UTC)).total_seconds())


def _bounded(pause_seconds: float) -> float:
    return min(max(pause_seconds, 0.0), _MAX_PAUSE_SECONDS)


def _of_the_key(endpoint: RemoteEndpoint, answered: str) -> str:
    # Nothing of what the remote server said: some repeat the key.
    if endpoint.api_key_env is None:
        return (
            f"{answered}: it wants a key. Put one into an environment variable of this server "
            f"and name it as `api_key_env` in {_table(endpoint)}."
        )
    return (
        f"{answered}: it refuses the key of this server, not yours. Whoever runs the server "
        f"corrects the environment variable {endpoint.api_key_env} and restarts it."
    )


def _table(endpoint: RemoteEndpoint) -> str:
    return f'[remote_models."{endpoint.name}"]'


class _Said:
    """What an error of the remote server says, in OpenAI's shape or another."""

    def __init__(self, message: str, code: str | None, param: str | None, key: str | None) -> None:
        without_key = message.replace(key, "[key]") if key else message
        self.message = " ".join(without_key.split())[:_MAX_MESSAGE] or "it gave no reason"
        self.code = code
        self.param = param

    @classmethod
    def of(cls, body: bytes, key: str | None) -> "_Said":
        try:
            content = parse_value(body)
        except ValueError:
            # Error pages of proxies are HTML, which says nothing here.
            text = body.decode(errors="replace").strip()
            return cls("" if text.startswith("<") else text, None, None, key)
        envelope = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        return cls.of_error(envelope.get("error", content), key)

    @classmethod
    def of_error(cls, error: object, key: str | None) -> "_Said":
        if not isinstance(error, dict):
            return cls(error if isinstance(error, str) else json.dumps(error), None, None, key)
        fields = cast("dict[str, Any]", error)
        texts = {name: value for name, value in fields.items() if isinstance(value, str)}
        message = texts.get("message") or texts.get("detail") or json.dumps(fields)
        return cls(message, texts.get("code"), texts.get("param"), key)
