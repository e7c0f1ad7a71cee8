"""The way to one remote model: key, limits, timeouts and retries, the same for all that it does."""

import asyncio
import json
import logging
import os
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

import understudy
from understudy.answering.remote.faults import (
    fault_of_status,
    fault_of_transport,
    invalid_answer,
    limit_is_ours,
    was_silent,
)
from understudy.answering.remote.rate_limit import RateLimit, Spent
from understudy.errors import (
    RemoteBusyError,
    RemoteFaultError,
    RemoteUnavailableError,
    UnderstudyError,
)
from understudy.registry.remote_models import RemoteEndpoint

logger = logging.getLogger(__name__)

_OK = 200
_CONNECT_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 8.0
# A server that wants to be left alone for longer is given up: the caller decides what to do.
_MAX_RETRY_AFTER_SECONDS = 60.0
_MAX_ANSWER_BYTES = 64 * 1024**2
_TOO_LARGE = "it is larger than 64 MB"
_MAX_ERROR_BYTES = 64 * 1024
_CHARACTERS_PER_TOKEN = 4


class RemoteConnection:
    """Asks one remote model; its limits hold for all that this process asks it."""

    def __init__(
        self,
        endpoint: RemoteEndpoint,
        *,
        max_wait_seconds: float,
        replaces: "RemoteConnection | None" = None,
    ) -> None:
        """`replaces` is one to a changed entry: it is closed once nobody needs it any more."""
        self.endpoint = endpoint
        self._replaces = replaces
        self._is_replaced = False
        self._answered_as: str | None = None
        self._in_use = 0
        self._max_wait_seconds = max_wait_seconds
        self._client: httpx2.AsyncClient | None = None
        self._places = asyncio.Semaphore(endpoint.at_once)
        self._limit = RateLimit(
            requests_per_minute=endpoint.requests_per_minute,
            tokens_per_minute=endpoint.tokens_per_minute,
        )

    def note_model(self, answered: str) -> None:
        """Say in the log when the model answers under another name than before."""
        before, self._answered_as = self._answered_as, answered
        if before is not None and before != answered:
            logger.warning(
                "%s answered as '%s' until now and answers as '%s' from now on.",
                self.endpoint.words,
                before,
                answered,
            )

    def key(self) -> str | None:
        """Return the key as the environment has it now; raises RemoteFaultError without one."""
        variable = self.endpoint.api_key_env
        if variable is None:
            return None
        key = os.environ.get(variable, "").strip()
        if not key:
            raise RemoteFaultError(
                f"{self.endpoint.words} needs a key, and this server's environment has no "
                f"{variable}; whoever runs the server sets it and restarts it.",
                code="remote_key_missing",
            )
        if not key.isascii() or not key.isprintable() or " " in key:
            raise RemoteFaultError(
                f"The environment variable {variable} holds no key that can be sent: it has "
                "blanks or other characters that no key has.",
                code="remote_key_missing",
            )
        return key

    async def whole(self, path: str, body: Mapping[str, Any], *, answer_tokens: int) -> "Whole":
        """Return the JSON text of a whole answer. Raises an UnderstudyError of `faults`."""
        async with self._answered(path, body, answer_tokens) as (response, spent):
            content = bytearray()
            async with self._heard():
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > _MAX_ANSWER_BYTES:
                        raise invalid_answer(self.endpoint, _TOO_LARGE)
            return Whole(bytes(content), spent)

    async def events(
        self, path: str, body: Mapping[str, Any], *, answer_tokens: int
    ) -> AsyncGenerator["Event", None]:
        """Yield the data of a stream's events. Raises an UnderstudyError of `faults`."""
        async with self._answered(path, body, answer_tokens) as (response, spent):
            lines = self._lines(response)
            while (data := await self._next_event(lines)) is not None:
                yield Event(data, spent)

    async def close(self) -> None:
        """Close what is open."""
        if self._replaces is not None:
            await self._replaces.close()
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _next_event(self, lines: AsyncGenerator[str]) -> str | None:
        data: list[str] = []
        size = 0
        # Comments and empty lines keep a connection open, but they say nothing.
        async with self._heard():
            async for line in lines:
                if line.startswith("data:"):
                    data.append(line.removeprefix("data:").removeprefix(" "))
                    size += len(line)
                    if size > _MAX_ANSWER_BYTES:
                        raise invalid_answer(self.endpoint, _TOO_LARGE)
                elif not line and data:
                    break
        return "\n".join(data) if data else None

    async def _lines(self, response: httpx2.Response) -> AsyncGenerator[str]:
        """Yield lines as event streams have them: other marks of Unicode end none."""
        rest = bytearray()
        async for piece in response.aiter_bytes():
            rest += piece
            if b"\n" in piece:
                *whole, rest = rest.split(b"\n")
                for line in whole:
                    yield line.removesuffix(b"\r").decode(errors="replace")
            if len(rest) > _MAX_ANSWER_BYTES:
                raise invalid_answer(self.endpoint, _TOO_LARGE)
        yield rest.decode(errors="replace")

    @asynccontextmanager
    async def _heard(self) -> AsyncGenerator[None]:
        """Bound what is waited for, however often a byte of it comes."""
        try:
            async with asyncio.timeout(self.endpoint.timeout_seconds):
                yield
        except TimeoutError:
            raise was_silent(self.endpoint) from None
        except httpx2.HTTPError as error:
            raise fault_of_transport(self.endpoint, error) from error

    async def _retire(self) -> None:
        self._is_replaced = True
        if self._in_use == 0:
            await self.close()

    @asynccontextmanager
    async def _answered(
        self, path: str, body: Mapping[str, Any], answer_tokens: int
    ) -> AsyncGenerator[tuple[httpx2.Response, Spent]]:
        content = json.dumps(body, ensure_ascii=False).encode()
        tokens = len(content) // _CHARACTERS_PER_TOKEN + answer_tokens
        if self._replaces is not None:
            before, self._replaces = self._replaces, None
            await before._retire()
        await self._take_place()
        self._in_use += 1
        try:
            response, spent = await self._send_patiently(path, content, tokens)
            try:
                yield response, spent
            finally:
                await response.aclose()
        finally:
            self._places.release()
            self._in_use -= 1
            if self._is_replaced and self._in_use == 0:
                await self.close()

    async def _take_place(self) -> None:
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise limit_is_ours(self.endpoint, self._max_wait_seconds) from None

    async def _send_patiently(
        self, path: str, content: bytes, tokens: int
    ) -> tuple[httpx2.Response, Spent]:
        for attempt in range(self.endpoint.max_retries + 1):
            spent = await self._within_limits(tokens)
            try:
                return await self._send(path, content), spent
            except (RemoteBusyError, RemoteUnavailableError) as error:
                pause = _pause_seconds(attempt, error)
                if attempt == self.endpoint.max_retries or pause > _MAX_RETRY_AFTER_SECONDS:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _within_limits(self, tokens: int) -> Spent:
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                return await self._limit.enter(tokens)
        except TimeoutError:
            raise limit_is_ours(self.endpoint, self._max_wait_seconds) from None

    async def _send(self, path: str, content: bytes) -> httpx2.Response:
        key, client = self.key(), self._opened()
        headers = {"content-type": "application/json"}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        request = client.build_request(
            "POST", self.endpoint.base_url + path, content=content, headers=headers
        )
        async with self._heard():
            response = await client.send(request, stream=True)
        if response.status_code == _OK:
            return response
        try:
            async with self._heard():
                said = await _beginning(response)
        finally:
            await response.aclose()
        raise fault_of_status(self.endpoint, response, said, key)

    def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                timeout=httpx2.Timeout(self.endpoint.timeout_seconds, connect=_CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=self.endpoint.at_once),
                headers={"user-agent": f"understudy/{understudy.__version__}"},
                # Another address may belong to somebody else, who must not get the key.
                follow_redirects=False,
            )
        return self._client


class Whole:
    """A whole answer as it came."""

    def __init__(self, content: bytes, spent: Spent) -> None:
        self.content = content
        self.spent = spent


class Event:
    """One event of a stream as it came."""

    def __init__(self, data: str, spent: Spent) -> None:
        self.data = data
        self.spent = spent


async def _beginning(response: httpx2.Response) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) >= _MAX_ERROR_BYTES:
            break
    return bytes(content)


def _pause_seconds(attempt: int, error: UnderstudyError) -> float:
    """Return how long to wait: ever longer, never shorter than the remote server asks for."""
    growing = min(_FIRST_PAUSE_SECONDS * 2**attempt, _MAX_PAUSE_SECONDS)
    # Not all at the same time again.
    growing *= random.uniform(0.75, 1.0)
    asked = error.retry_after_seconds if isinstance(error, RemoteBusyError) else 0.0
    return max(growing, asked)
