"""The thread that computes: takes requests from a bounded queue and steps the engines."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from understudy.errors import (
    InvalidRequestError,
    OverloadedError,
    UnavailableError,
    UnderstudyError,
)
from understudy.inference.engine.engine import Engine, Output
from understudy.inference.engine.grammars import CompiledGrammars
from understudy.inference.engine.looking import Looks
from understudy.inference.engine.residency import ResidentBases
from understudy.inference.engine.rows import BatchRow
from understudy.inference.engine.tickets import Ticket, ticket_for
from understudy.inference.engine.waiting import priority_after
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import (
    EngineStats,
    FinishEvent,
    GenerateRequest,
    Priority,
    TokenEvent,
)
from understudy.inference.versions import Version, version_of
from understudy.pulse import Progress

_log = logging.getLogger(__name__)

_WAIT_CHECK_SECONDS = 1.0
_MIN_RETRY_SECONDS = 0.5
_MAX_RETRY_SECONDS = 30.0


class Scheduler:
    """Serves many requests with one computing thread.

    `deliver` is called from that thread, once per step, with everything that happened; the ticket
    of each output is the one that `submit` returned. The last output of a ticket is a `FinishEvent`
    or an error. `when_broken` is called from it once if the thread cannot continue.
    """

    def __init__(
        self,
        limits: EngineLimits,
        *,
        threads: int,
        process_id: int,
        deliver: Callable[[Sequence[Output]], None],
        when_broken: Callable[[], None],
        blobs: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        """`blobs` is the folder with the bytes of images; without it no model reads any.

        `progress` is marked by the computing thread, once a step.
        """
        self._progress = progress or Progress()
        self._limits = limits
        self._threads = threads
        self._process_id = process_id
        self._deliver = deliver
        self._when_broken = when_broken
        self._changed = threading.Condition()
        # Guarded by `_changed`:
        self._waiting: OrderedDict[Ticket, float] = OrderedDict()  # and since when
        self._cancelled: set[Ticket] = set()
        self._to_warm: list[str] = []
        self._has_news = False
        self._is_stopping = False
        self._stats = EngineStats(
            bases=(),
            fits=(),
            adapters=0,
            running=0,
            waiting=0,
            generated_tokens=0,
            process_id=process_id,
        )
        # Of the computing thread alone:
        self._bases = ResidentBases(limits, threads=threads, when_loaded=self._wake, blobs=blobs)
        self._grammars = CompiledGrammars(when_compiled=self._wake)
        self._looks = Looks(threads=threads, when_looked=self._wake)
        self._generated_tokens = 0
        self._finished = 0
        self._busy_seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="engine-scheduler")

    def start(self) -> None:
        """Begin to compute."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step in progress; what is in flight stays unfinished."""
        with self._changed:
            self._is_stopping = True
        self._wake()
        self._thread.join()
        self._bases.close()
        self._grammars.close()
        self._looks.close()

    def submit(self, request: GenerateRequest) -> Ticket:
        """Queue a request; any thread may call this.

        Raises OverloadedError when the queue is full, and what `ticket_for` raises.
        """
        ticket = ticket_for(request)
        with self._changed:
            if len(self._waiting) >= self._limits.waiting:
                raise self._overloaded("The engine's queue is full.")
            self._waiting[ticket] = time.monotonic()
        self._wake()
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """Forget a request; nothing more is delivered for it after the step in progress."""
        with self._changed:
            if self._waiting.pop(ticket, None) is None:
                self._cancelled.add(ticket)
        self._wake()

    def warm(self, directory: str) -> None:
        """Load a base before anybody asks for it."""
        with self._changed:
            self._to_warm.append(directory)
        self._wake()

    def stats(self) -> EngineStats:
        """Return what was true after the last step."""
        with self._changed:
            return self._stats

    def _wake(self) -> None:
        with self._changed:
            self._has_news = True
            self._changed.notify()

    def _run(self) -> None:
        torch.set_num_threads(self._threads)
        try:
            self._work()
        # The thread's outer edge: a process that computes nothing any more must not look alive.
        except Exception:  # noqa: BLE001
            _log.exception("the scheduler cannot continue")
            self._when_broken()

    def _work(self) -> None:
        while self._wait_for_work():
            self._progress.mark()
            started = time.monotonic()
            outputs = self._take_in()
            for version, engine in self._bases.engines().items():
                if engine.row_count:
                    outputs += self._step(version, engine)
            self._count(outputs, time.monotonic() - started)
            if outputs:
                self._deliver(outputs)

    def _wait_for_work(self) -> bool:
        """Return at once while rows run, else when something changed; False to stop."""
        is_busy = any(engine.row_count for engine in self._bases.engines().values())
        with self._changed:
            while not (is_busy or self._has_news):
                with self._progress.resting():
                    seconds = _WAIT_CHECK_SECONDS if self._waiting else None
                    timed_out = not self._changed.wait(seconds)
                if timed_out:
                    break
            self._has_news = False
            return not self._is_stopping

    def _take_in(self) -> list[Output]:
        """Apply cancellations, warm bases, and admit what has a place; return the refusals."""
        with self._changed:
            cancelled, self._cancelled = self._cancelled, set()
            to_warm, self._to_warm = self._to_warm, []
            now = time.monotonic()
            urgencies = {
                ticket: priority_after(ticket.request.priority, now - since)
                for ticket, since in self._waiting.items()
            }
            late = [
                t for t, since in self._waiting.items() if now - since > self._limits.wait_seconds
            ]
        for engine in self._bases.engines().values():
            for ticket in cancelled:
                engine.remove(ticket)
        for directory in to_warm:
            self._warm(directory)
        outputs = self._admit_all(urgencies)
        return outputs + self._refuse(late)

    def _admit_all(self, urgencies: Mapping[Ticket, Priority]) -> list[Output]:
        """Admit the most urgent first, and of these the one that has waited longest."""
        refusals: list[Output] = []
        unloadable: dict[Version, UnderstudyError] = {}
        self._looks.keep_only(urgencies.keys())
        for ticket in sorted(urgencies, key=lambda ticket: urgencies[ticket]):
            has_grammar = self._grammars.is_ready(ticket)
            engine = None
            if ticket.base not in unloadable:
                try:
                    engine = self._bases.get(ticket.base)
                except UnderstudyError as problem:
                    unloadable[ticket.base] = problem
            if ticket.base in unloadable:
                refusals.append(Output(ticket, unloadable[ticket.base]))
            elif engine is None and not self._bases.is_loading(ticket.base):
                # Memory is short: let the running answers of other bases end before new ones begin.
                break
            elif (
                engine is None
                or not engine.takes(urgencies[ticket])
                or not has_grammar
                or not self._looks.is_ready(ticket, engine)
            ):
                continue
            else:
                refusals += self._admit(engine, ticket, urgencies[ticket])
            self._take_from_queue(ticket)
        return refusals

    def _admit(self, engine: Engine, ticket: Ticket, priority: Priority) -> list[Output]:
        """Give a request its row, or return why it cannot have one."""
        request = ticket.request
        try:
            _check(request, engine)
            adapter = ticket.adapter and engine.bank.get(ticket.adapter)
            grammar = self._grammars.get(ticket)
            images = self._looks.get(ticket, engine)
        except UnderstudyError as problem:
            return [Output(ticket, problem)]
        # The process's outer edge: files that fail in a way nobody foresaw end this request only.
        except Exception:  # noqa: BLE001
            _log.exception("a request could not be admitted")
            return [Output(ticket, _broken())]
        row = BatchRow(ticket, adapter, grammar, images)
        row.priority = priority
        engine.admit(row)
        return []

    def _refuse(self, late: Sequence[Ticket]) -> list[Output]:
        """Send those away who have waited too long and still have no row."""
        with self._changed:
            still = [ticket for ticket in late if self._waiting.pop(ticket, None) is not None]
        waited = f"No place became free within {self._limits.wait_seconds:g} seconds."
        return [Output(ticket, self._overloaded(waited)) for ticket in still]

    def _warm(self, directory: str) -> None:
        try:
            self._bases.get(version_of(directory, "config.json"))
        except UnderstudyError as problem:
            # The same error meets whoever asks for this base; until then it harms nobody.
            _log.warning("cannot warm a base: %s", problem.message)

    def _take_from_queue(self, ticket: Ticket) -> None:
        with self._changed:
            if self._waiting.pop(ticket, None) is None:
                # Cancelled while it was being admitted.
                self._cancelled.add(ticket)

    def _step(self, version: Version, engine: Engine) -> list[Output]:
        try:
            return engine.step()
        # The process's outer edge: the failure is recorded, the base's answers end with an error,
        # and the base is loaded afresh for the next request.
        except Exception:  # noqa: BLE001
            _log.exception("a step of base %s failed", version.directory.name)
            self._bases.forget(version)
            return [Output(ticket, _broken()) for ticket in engine.tickets()]

    def _count(self, outputs: Sequence[Output], seconds: float) -> None:
        tokens = sum(isinstance(output.event, TokenEvent) for output in outputs)
        finished = sum(
            isinstance(output.event, FinishEvent | UnderstudyError) for output in outputs
        )
        self._generated_tokens += tokens
        self._finished += finished
        self._busy_seconds += seconds
        engines = self._bases.engines()
        with self._changed:
            # A row or a base's memory is free now, and somebody may wait for it.
            self._has_news = self._has_news or finished > 0
            self._stats = EngineStats(
                bases=tuple(str(version.directory) for version in engines),
                fits=tuple(engine.fit for engine in engines.values()),
                adapters=sum(len(engine.bank) for engine in engines.values()),
                running=sum(engine.row_count for engine in engines.values()),
                waiting=len(self._waiting),
                generated_tokens=self._generated_tokens,
                process_id=self._process_id,
            )

    def _overloaded(self, why: str) -> OverloadedError:
        seconds = self._retry_after_seconds()
        return OverloadedError(
            f"{why} Please try again in {seconds:g}s.", retry_after_seconds=seconds
        )

    def _retry_after_seconds(self) -> float:
        """Estimate how long the queue takes to shrink by a tenth, from the pace so far."""
        per_request = self._busy_seconds / max(1, self._finished)
        estimate = per_request * self._limits.waiting / 10
        return round(min(max(estimate, _MIN_RETRY_SECONDS), _MAX_RETRY_SECONDS), 1)


def _check(request: GenerateRequest, engine: Engine) -> None:
    if not request.prompt_ids:
        raise InvalidRequestError("The prompt has no tokens.", param="messages")
    if request.sampling.max_tokens < 1 and not request.prompt_logprobs:
        raise InvalidRequestError("The answer must be allowed at least one token.")
    if request.prompt_logprobs and not 1 <= request.scored_from <= len(request.prompt_ids):
        raise InvalidRequestError("The first token that is scored is none of the prompt's.")
    if not 0 <= min(request.prompt_ids) <= max(request.prompt_ids) < engine.vocabulary:
        raise InvalidRequestError("The prompt holds tokens that this base model does not have.")
    for token, _ in request.sampling.logit_bias:
        if not 0 <= token < engine.vocabulary:
            raise InvalidRequestError(
                f"Invalid key in 'logit_bias': {token} is not a token of this model; its ids are "
                f"0 to {engine.vocabulary - 1}.",
                code="invalid_value",
                param="logit_bias",
            )
    if len(request.prompt_ids) + min(1, request.sampling.max_tokens) > engine.position_limit:
        raise InvalidRequestError(
            f"This model's maximum context length is {engine.position_limit} tokens. However, your "
            f"messages resulted in {len(request.prompt_ids)} tokens. Please reduce the length of "
            "the messages.",
            code="context_length_exceeded",
            param="messages",
        )


def _broken() -> UnavailableError:
    return UnavailableError("The engine failed while it computed this answer. Please try again.")
