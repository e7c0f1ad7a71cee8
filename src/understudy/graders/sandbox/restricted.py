"""The sandbox of Linux: a worker process for each piece of code, kept for its next samples."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import TypeVar

from understudy.chat.messages import JsonObject
from understudy.graders.grade import GradingError
from understudy.graders.python_code import Code, CodeResult
from understudy.graders.sandbox.answers import Failed, Loaded, Scored
from understudy.graders.sandbox.failures import (
    CodeError,
    crashed,
    disk_full,
    not_loaded,
    timed_out,
    too_deep,
)
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.scratch import TooDeepError
from understudy.graders.sandbox.worker import Worker, WorkerDiedError

# Imports of large libraries take their time.
_LOAD_SECONDS = 30.0
# A worker is replaced once it was busy for so long, far before its processor time is used up.
_BUSY_SECONDS = 120.0
# How often it is looked at what code has written.
_WATCH_SECONDS = 0.2
# One file may take this part of the room for all.
_FILES_AT_LEAST = 4

_Reply = TypeVar("_Reply", Loaded, Scored)


class RestrictedSandbox:
    """Runs code in child processes that have given up everything but computing.

    Belongs to one event loop. Samples of the same code reuse its process, so what the code keeps
    in its module stays from one sample to the next.
    """

    def __init__(self, limits: SandboxLimits) -> None:
        self._limits = limits
        self._free = asyncio.Semaphore(limits.processes)
        self._idle: list[tuple[Code, Worker]] = []
        """Workers by their code, the longest unused first."""

    async def check(self, code: Code, *, param: str) -> None:
        """Load the code; raises InvalidRequestError at `param` when that fails."""
        try:
            async with self._worker(code):
                pass
        except GradingError as error:
            raise not_loaded(error, param) from None

    async def grade(self, code: Code, sample: JsonObject, item: JsonObject) -> CodeResult:
        """Call the code's `grade`; raises GradingError."""
        async with self._worker(code) as worker:
            seconds = self._limits.seconds
            scored = await self._watched(worker, worker.grade(sample, item, seconds), seconds)
        return CodeResult(score=scored.score, printed=scored.printed)

    async def close(self) -> None:
        """End all workers that are not at work."""
        while self._idle:
            await self._idle.pop()[1].end()

    @asynccontextmanager
    async def _worker(self, code: Code) -> AsyncGenerator[Worker]:
        """Lend a worker that has the code loaded; one that does not come back well is ended."""
        async with self._free:
            worker = await self._take(code)
            try:
                yield worker
            except CodeError:
                await self._keep(code, worker)
                raise
            except BaseException:
                await worker.end()
                raise
            await self._keep(code, worker)

    async def _keep(self, code: Code, worker: Worker) -> None:
        try:
            await worker.rest()
        except BaseException:
            await worker.end()
            raise
        self._idle.append((code, worker))

    async def _take(self, code: Code) -> Worker:
        for place in reversed(range(len(self._idle))):
            if self._idle[place][0] == code:
                worker = self._idle.pop(place)[1]
                if worker.busy_seconds < _BUSY_SECONDS:
                    return worker
                await worker.end()
        while len(self._idle) >= self._limits.processes:
            await self._idle.pop(0)[1].end()
        return await self._load(code)

    async def _watched(
        self, worker: Worker, reply: Coroutine[None, None, _Reply | Failed], seconds: float
    ) -> _Reply:
        """Wait for a reply; raises GradingError, also once the worker's files are too large."""
        asking = asyncio.create_task(_asked(reply, seconds))
        try:
            while not (await asyncio.wait({asking}, timeout=_WATCH_SECONDS))[0]:
                if await asyncio.to_thread(worker.used_bytes) > self._limits.temporary_bytes:
                    raise disk_full(self._limits.temporary_bytes)
            return await asking
        except TooDeepError:
            raise too_deep() from None
        finally:
            asking.cancel()
            # Nobody else may read from the worker while it is asked.
            await asyncio.gather(asking, return_exceptions=True)

    async def _load(self, code: Code) -> Worker:
        try:
            worker = await Worker.start(
                memory_bytes=self._limits.memory_bytes,
                # Of two processors, which threads may keep busy at once.
                cpu_seconds=2 * round(_BUSY_SECONDS + _LOAD_SECONDS + self._limits.seconds) + 20,
                # What is deleted but open cannot be counted everywhere.
                file_bytes=self._limits.temporary_bytes // _FILES_AT_LEAST,
            )
        except WorkerDiedError as error:
            raise crashed(str(error)) from error
        try:
            await self._watched(worker, worker.load(code.source, _LOAD_SECONDS), _LOAD_SECONDS)
        except BaseException:
            await worker.end()
            raise
        return worker


async def _asked(asking: Awaitable[_Reply | Failed], seconds: float) -> _Reply:
    """Wait for a worker's reply; raises GradingError for each way in which it is none."""
    try:
        reply = await asking
    except TimeoutError:
        raise timed_out(seconds) from None
    except WorkerDiedError as error:
        raise crashed(str(error)) from error
    if isinstance(reply, Failed):
        raise CodeError(reply.error, printed=reply.printed, blames_sample=reply.blames_sample)
    return reply
