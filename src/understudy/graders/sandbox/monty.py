"""The sandbox of other systems: Monty, an interpreter of a part of Python that has no way out."""

import asyncio
import math
from typing import Any

from pydantic_monty import (
    AsyncMonty,
    Frame,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    ResourceLimits,
)

from understudy.chat.messages import JsonObject
from understudy.graders.grade import GradingError
from understudy.graders.python_code import Code, CodeResult
from understudy.graders.sandbox.blame import Place, blames_sample
from understudy.graders.sandbox.child import MAX_DETAILS, MAX_PRINTED
from understudy.graders.sandbox.failures import CodeError, crashed, not_loaded, timed_out
from understudy.graders.sandbox.limits import SandboxLimits

_OUT_OF_TIME = "TimeoutError: feed time limit exceeded"
_CALL = "\n\ngrade(sample, item)"


class MontySandbox:
    """Runs code in Monty's own processes, afresh for every sample. Belongs to one event loop."""

    def __init__(self, limits: SandboxLimits) -> None:
        self._limits = limits
        self._pool = AsyncMonty(min_processes=0, max_processes=limits.processes)
        self._opening = asyncio.Lock()
        self._is_open = False

    async def check(self, code: Code, *, param: str) -> None:
        """Load the code; raises InvalidRequestError at `param` when that fails."""
        try:
            await self._run(f"{code.source}\n\ngrade", {})
        except GradingError as error:
            raise not_loaded(error, param) from None

    async def grade(self, code: Code, sample: JsonObject, item: JsonObject) -> CodeResult:
        """Call the code's `grade`; raises GradingError."""
        inputs = {"sample": dict(sample), "item": dict(item)}
        value, printed = await self._run(code.source + _CALL, inputs)
        if not isinstance(value, int | float) or not math.isfinite(value):
            what = f"grade returned {repr(value)[:100]}, which is not a score"
            raise CodeError(what, printed=printed)
        return CodeResult(score=float(value), printed=printed)

    async def close(self) -> None:
        """End Monty's processes."""
        if self._is_open:
            self._is_open = False
            await self._pool.__aexit__(None, None, None)

    async def _run(self, code: str, inputs: dict[str, Any]) -> tuple[Any, str]:
        await self._open()
        printed = ""

        def keep_beginning(_stream: str, text: str) -> None:
            nonlocal printed
            printed += text[: MAX_PRINTED - len(printed)]

        limits = ResourceLimits(
            max_feed_duration_secs=self._limits.seconds, max_memory=self._limits.memory_bytes
        )
        try:
            async with self._pool.checkout(script_name="grader", limits=limits) as session:
                value = await session.feed_run(code, inputs=inputs, print_callback=keep_beginning)
        except MontyCrashedError as error:
            raise crashed("Monty's process ended") from error
        except MontyError as error:
            details = str(error)[:MAX_DETAILS]
            if details.startswith(_OUT_OF_TIME):
                raise timed_out(self._limits.seconds) from None
            raise CodeError(
                details, printed=printed, blames_sample=_blames_sample(error, code)
            ) from None
        return value, printed

    async def _open(self) -> None:
        async with self._opening:
            if not self._is_open:
                await self._pool.__aenter__()
                self._is_open = True


def _blames_sample(error: MontyError, code: str) -> bool:
    if not isinstance(error, MontyRuntimeError):
        return False
    lines = code.split("\n")
    # The first frame is our own call of `grade`.
    places = [_place(frame, lines) for frame in error.traceback()[1:]]
    return blames_sample(code, type(error.exception()).__name__, places)


def _place(frame: Frame, lines: list[str]) -> Place:
    """Return a frame's place: Monty counts columns in characters and from 1."""

    def in_bytes(line: int, column: int) -> int:
        return len(lines[line - 1][: column - 1].encode())

    return Place(
        frame.line,
        in_bytes(frame.line, frame.column),
        frame.end_line,
        in_bytes(frame.end_line, frame.end_column),
    )
