"""Grades answers on an event loop of its own, while the thread that trains draws the next ones."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter

from understudy.data.files.strict_json import parse_value
from understudy.errors import JobFailedError, UnderstudyError
from understudy.graders.base import Grader, grade
from understudy.graders.build import GraderContext, build_grader
from understudy.graders.sample import Sample, sample_of_answer
from understudy.planning.reinforcement import ReinforcementSettings
from understudy.schemas.evals.graders import MultiGrader, SingleGrader, WireGrader
from understudy.training.reinforcement.answers import DrawnAnswer
from understudy.training.reinforcement.grading import GradedAnswer
from understudy.wording import worded
from understudy.worker.trainer.context import GraderContexts

_GRADER: TypeAdapter[SingleGrader | MultiGrader] = TypeAdapter(WireGrader)
_AT_ONCE = 64
_PARAM = "method.reinforcement"
Result = TypeVar("Result")


class GradingThread:
    """The graders of one job, at work from its `with` statement on."""

    def __init__(
        self,
        open_services: Callable[[], AbstractAsyncContextManager[GraderContexts]],
        project_id: str,
        settings: ReinforcementSettings,
    ) -> None:
        self._open_services = open_services
        self._project_id = project_id
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="grading", daemon=True)
        self._stack = AsyncExitStack()
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._grader: Grader | None = None
        self._shadow: Grader | None = None

    def __enter__(self) -> Self:
        """Build the graders; raises JobFailedError for one that cannot be built any more."""
        self._thread.start()
        try:
            self._wait(self._build())
        except UnderstudyError as error:
            self._end()
            raise JobFailedError(
                worded(
                    "job.grader_unusable",
                    "The job's grader cannot be used: {why}",
                    why=error.message,
                ),
                code=error.code or "invalid_grader",
                param=error.param or f"{_PARAM}.grader",
            ) from error
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def graders(self) -> Sequence[Grader]:
        """The grader of the rewards, and the one that only watches if there is one."""
        return [each for each in (self._grader, self._shadow) if each is not None]

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest reward, as far as they are known."""
        return self._of_rewards.range

    @property
    def _of_rewards(self) -> Grader:
        assert self._grader is not None, "graders are built where the thread begins"
        return self._grader

    def submit(self, drawn: DrawnAnswer, *, is_held_out: bool) -> Future[GradedAnswer]:
        """Begin to grade an answer; the grader that watches sees held-out prompts alone."""
        return asyncio.run_coroutine_threadsafe(self._graded(drawn, is_held_out), self._loop)

    async def _build(self) -> None:
        contexts = await self._stack.enter_async_context(self._open_services())
        context = contexts(self._project_id)
        self._grader = await _built(self._settings.grader, context, f"{_PARAM}.grader")
        if self._settings.shadow_grader is not None:
            self._shadow = await _built(
                self._settings.shadow_grader, context, f"{_PARAM}.shadow_grader"
            )

    async def _graded(self, drawn: DrawnAnswer, is_held_out: bool) -> GradedAnswer:
        sample, item = sample_of(drawn), drawn.prompt.item
        async with self._free:
            found = await grade(self._of_rewards, sample, item)
            shadow = None
            if is_held_out and self._shadow is not None:
                shadow = await grade(self._shadow, sample, item)
        is_unreadable = found.errors.sample_parse_error or (
            self._settings.response_format is not None and not _is_json(drawn.text)
        )
        return GradedAnswer(drawn=drawn, grade=found, shadow=shadow, is_unreadable=is_unreadable)

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._stack.aclose()


async def _built(given: Mapping[str, Any], context: GraderContext, param: str) -> Grader:
    return await build_grader(_GRADER.validate_python(given), context, param=param)


def sample_of(drawn: DrawnAnswer) -> Sample:
    """Return an answer as graders see it."""
    read, written = len(drawn.prompt.ids), drawn.completion_tokens
    return Sample(
        given={
            **sample_of_answer(drawn.text, drawn.tool_calls).given,
            "finish_reason": finish_reason_of(drawn),
            "usage": {
                "prompt_tokens": read,
                "completion_tokens": written,
                "total_tokens": read + written,
                "cached_tokens": 0,
            },
        }
    )


def finish_reason_of(drawn: DrawnAnswer) -> str:
    """Return how an answer ended, as chat completions say it."""
    if drawn.episode.is_cut:
        return "length"
    return "tool_calls" if drawn.tool_calls else "stop"


def _is_json(text: str) -> bool:
    try:
        parse_value(text.encode())
    except ValueError:  # lone surrogates among them
        return False
    return True
