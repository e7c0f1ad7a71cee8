"""The engine process: `python -m understudy.inference.process --socket PATH` serves one socket.

The parent sets OMP_NUM_THREADS to the value of `--threads`, and OMP_WAIT_POLICY=PASSIVE so that
idle threads sleep instead of spinning; both are read when torch is loaded, before this module runs.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from transformers.utils.logging import disable_progress_bar

from understudy.errors import InvalidRequestError, UnavailableError, UnderstudyError
from understudy.inference.engine.encoders import Encoders
from understudy.inference.engine.engine import Output
from understudy.inference.engine.scheduler import Scheduler
from understudy.inference.engine.tickets import Ticket
from understudy.inference.frames import (
    FrameTooLongError,
    MalformedFrameError,
    encode_frame,
    error_to_json,
    read_frame,
)
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import (
    FinishEvent,
    event_to_json,
    request_from_json,
    stats_to_json,
    vectors_to_json,
)
from understudy.logs import configure_logging
from understudy.memory_amounts import MemoryAmount, read_memory_amount
from understudy.modeling.free_memory import free_bytes
from understudy.modeling.precision import compute_device
from understudy.pulse import Progress, keep_marking, start_pulse

_log = logging.getLogger(__name__)

_UNREAD_BYTES = 32 * 1024 * 1024
"""A client that lets so much pile up is gone for all we know; its connection is closed."""


class EngineServer:
    """Joins the connections of one event loop to the scheduler's thread."""

    def __init__(
        self,
        limits: EngineLimits,
        *,
        threads: int,
        when_broken: Callable[[], None],
        blobs: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        """`when_broken` is called in the loop when nothing is computed any more.

        `blobs` is the folder with the bytes of images; `progress`, that of the scheduler.
        """
        self._loop = asyncio.get_running_loop()
        self._streams: dict[Ticket, tuple[_Connection, int]] = {}
        self._encoders = Encoders()
        self._encoding = ThreadPoolExecutor(
            1, "encoder", initializer=torch.set_num_threads, initargs=(threads,)
        )
        self.scheduler = Scheduler(
            limits,
            threads=threads,
            process_id=os.getpid(),
            deliver=lambda outputs: self._in_loop(self._deliver, outputs),
            when_broken=lambda: self._in_loop(when_broken),
            blobs=blobs,
            progress=progress,
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it goes away; then its requests are cancelled."""
        connection = _Connection(writer)
        try:
            while True:
                try:
                    self._handle(connection, await read_frame(reader))
                except MalformedFrameError as problem:
                    _log.warning("unreadable frame: %s", problem)
        except (asyncio.IncompleteReadError, FrameTooLongError, OSError) as problem:
            _log.debug("connection ends: %s", problem)
        finally:
            for ticket in connection.tickets.values():
                del self._streams[ticket]
                self.scheduler.cancel(ticket)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _handle(self, connection: "_Connection", frame: Any) -> None:
        match frame:
            case {"stream": int(stream), "kind": "generate", "request": {**request}}:
                self._generate(connection, stream, request)
            case {"stream": int(stream), "kind": "cancel"}:
                if ticket := connection.tickets.pop(stream, None):
                    del self._streams[ticket]
                    self.scheduler.cancel(ticket)
            case {
                "stream": int(stream),
                "kind": "embed",
                "directory": str(directory),
                "texts": [*texts],
            }:
                self._embed(connection, stream, directory, texts)
            case {"stream": int(stream), "kind": "stats"}:
                connection.send([_event(stream, stats_to_json(self.scheduler.stats()))])
            case {"stream": int(stream)}:
                connection.send([_error(stream, InvalidRequestError("Unknown kind of frame."))])
            case _:
                raise MalformedFrameError("it is not an object with a stream and a kind")

    def _embed(
        self, connection: "_Connection", stream: int, directory: str, texts: Sequence[Sequence[int]]
    ) -> None:
        encoding = self._encoding.submit(self._encoders.encode, directory, texts)
        encoding.add_done_callback(lambda done: self._in_loop(_answer, connection, stream, done))

    def _generate(self, connection: "_Connection", stream: int, request: Mapping[str, Any]) -> None:
        try:
            if stream in connection.tickets:
                raise InvalidRequestError(f"Stream {stream} is still in use.")
            ticket = self.scheduler.submit(request_from_json(request))
        except UnderstudyError as problem:
            connection.send([_error(stream, problem)])
        except (KeyError, TypeError, ValueError) as problem:
            error = InvalidRequestError(f"The request does not have the right shape: {problem!r}")
            connection.send([_error(stream, error)])
        else:
            connection.tickets[stream] = ticket
            self._streams[ticket] = connection, stream

    def _in_loop(self, callback: Callable[..., None], *values: object) -> None:
        # The loop may be closed already while the last step of a stopping scheduler ends.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *values)

    def _deliver(self, outputs: Sequence[Output]) -> None:
        """Send everything of one step, in one frame for each connection."""
        frames: dict[_Connection, list[Mapping[str, Any]]] = defaultdict(list)
        for ticket, event in outputs:
            if ticket not in self._streams:
                continue
            connection, stream = self._streams[ticket]
            if isinstance(event, FinishEvent | UnderstudyError):
                del self._streams[ticket], connection.tickets[stream]
            if isinstance(event, UnderstudyError):
                frames[connection].append(_error(stream, event))
            else:
                frames[connection].append(_event(stream, event_to_json(event)))
        for connection, replies in frames.items():
            connection.send(replies)


class _Connection:
    """One client and what it has in flight."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.tickets: dict[int, Ticket] = {}

    def send(self, replies: Sequence[Mapping[str, Any]]) -> None:
        """Send without waiting."""
        self._writer.write(encode_frame(replies))
        if self._writer.transport.get_write_buffer_size() > _UNREAD_BYTES:
            _log.warning("a client does not read; its connection is closed")
            self._writer.transport.abort()


def _answer(connection: "_Connection", stream: int, encoding: "Future[list[list[float]]]") -> None:
    problem = encoding.exception()
    if problem is None:
        connection.send([_event(stream, vectors_to_json(encoding.result()))])
    elif isinstance(problem, UnderstudyError):
        connection.send([_error(stream, problem)])
    else:
        _log.error("embedding failed", exc_info=problem)
        connection.send([_error(stream, UnavailableError("The embedding failed; try again."))])


def _event(stream: int, event: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"stream": stream, "event": event}


def _error(stream: int, error: UnderstudyError) -> Mapping[str, Any]:
    return {"stream": stream, "error": error_to_json(error)}


async def run(
    socket_path: Path,
    limits: EngineLimits,
    *,
    threads: int,
    parent_fd: int | None,
    warm: Sequence[str],
    blobs: Path | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT, or until the parent's end of the pipe `parent_fd` closes.

    Returns the exit status: 1 when the scheduler broke, so that the parent starts another engine.
    """
    loop = asyncio.get_running_loop()
    ending, broken = asyncio.Event(), asyncio.Event()

    def end_broken() -> None:
        broken.set()
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    if parent_fd is not None:
        # Nothing is ever written to this pipe: it becomes readable when the parent is gone.
        loop.add_reader(parent_fd, ending.set)
    pulse = start_pulse()
    marking = asyncio.create_task(keep_marking(pulse.progress))
    engine = EngineServer(
        limits, threads=threads, when_broken=end_broken, blobs=blobs, progress=pulse.another()
    )
    for directory in warm:
        engine.scheduler.warm(directory)
    # Only the user may connect; asyncio replaces the socket file of a killed predecessor.
    old_mask = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(engine.serve, socket_path)
    finally:
        os.umask(old_mask)
    engine.scheduler.start()
    try:
        _log.info("engine ready")
        await ending.wait()
    finally:
        _log.info("engine ends")
        server.close()
        marking.cancel()
        engine.scheduler.stop()
    return int(broken.is_set())


def _limits(arguments: argparse.Namespace) -> EngineLimits:
    free = free_bytes(compute_device())

    def in_bytes(amount: MemoryAmount | int) -> int:
        return amount if isinstance(amount, int) else amount.of(free)

    limits = EngineLimits(
        rows=arguments.rows,
        waiting=arguments.waiting,
        wait_seconds=arguments.wait_seconds,
        cache_bytes=in_bytes(arguments.cache_memory),
        base_bytes=in_bytes(arguments.base_memory),
        adapters=arguments.adapters,
    )
    _log.info(
        "%.1f GiB are free: up to %.1f for weights of bases, %.1f for keys and values of each",
        *(each / 1024**3 for each in (free, limits.base_bytes, limits.cache_bytes)),
    )
    return limits


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--socket", type=Path, required=True, help="path of the Unix socket")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--parent-fd", type=int, help="end when this inherited pipe closes")
    parser.add_argument(
        "--warm", action="append", default=[], metavar="DIR", help="load this base at the start"
    )
    parser.add_argument("--blobs", type=Path, help="where the bytes of images are")
    defaults = EngineLimits()
    parser.add_argument("--rows", type=int, default=defaults.rows)
    parser.add_argument("--waiting", type=int, default=defaults.waiting)
    parser.add_argument("--wait-seconds", type=float, default=defaults.wait_seconds)
    parser.add_argument("--adapters", type=int, default=defaults.adapters)
    parser.add_argument("--cache-memory", type=read_memory_amount, default=defaults.cache_bytes)
    parser.add_argument("--base-memory", type=read_memory_amount, default=defaults.base_bytes)
    arguments = parser.parse_args()
    configure_logging()
    disable_progress_bar()
    limits = _limits(arguments)
    serving = run(
        arguments.socket,
        limits,
        threads=arguments.threads,
        parent_fd=arguments.parent_fd,
        warm=arguments.warm,
        blobs=arguments.blobs,
    )
    sys.exit(asyncio.run(serving))


if __name__ == "__main__":
    main()
