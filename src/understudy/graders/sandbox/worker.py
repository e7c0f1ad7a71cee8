"""The parent's side of one child process: start it, give it code, ask it, end it."""

import asyncio
import json
import os
import signal
import stat
import sys
import sysconfig
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import understudy
from understudy.chat.messages import JsonObject
from understudy.graders.sandbox.answers import (
    Expected,
    Failed,
    ForeignAnswerError,
    Loaded,
    Scored,
    check_confined,
    read_reply,
)
from understudy.graders.sandbox.child import LENGTH_BYTES
from understudy.graders.sandbox.confinement import Confinement
from understudy.graders.sandbox.scratch import Scratch, deleted_bytes

# Far above what the child's own bounds let it say.
_MAX_ANSWER = 64 * 1024
_START_SECONDS = 20.0
_ENVIRONMENT = {
    # Several samples are graded at once, so libraries need not start threads of their own.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # Each arena of glibc's takes 64 MB of address space, which is bounded: a thread that finds no
    # memory for its first step dies unheard, and Python's `Thread.start` waits for it for ever.
    "MALLOC_ARENA_MAX": "2",
}
_BOOT = (
    "import sys; root, confinement = sys.argv[1:]; sys.path.insert(0, root); "
    "from understudy.graders.sandbox.child import main; sys.path.remove(root); "
    "sys.path += {packages!r}; main(confinement)"
)
_ENDED = "its process ended"
_FOREIGN = "it wrote into the pipe of its own process"
_SHARED_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_OTHER_FILES = ("/etc/ld.so.cache", "/usr/share/zoneinfo")


class WorkerDiedError(Exception):
    """The child ended, or said what no child of ours says."""


class Worker:
    """One child with one piece of code in it, asked by one caller at a time."""

    def __init__(self, process: asyncio.subprocess.Process, scratch: Scratch) -> None:
        self._process = process
        # Its number could be another process's by the time that a signal is sent.
        self._descriptor = os.pidfd_open(process.pid)
        self._scratch = scratch
        self._asked = 0
        self._is_at_rest = False
        self.busy_seconds = 0.0
        """How long it was asked in all: more than the processor time that it used."""

    @classmethod
    async def start(cls, *, memory_bytes: int, cpu_seconds: int, file_bytes: int = 0) -> "Worker":
        """Start a child that may use so much; raises WorkerDiedError when it cannot confine itself.

        `cpu_seconds` are those of its whole life, `file_bytes` the size of one temporary file.
        """
        scratch = Scratch()
        try:
            # The kernel kills the child when the thread that started it ends: so not in a pool.
            process = await asyncio.create_subprocess_exec(
                *_arguments(memory_bytes, cpu_seconds, file_bytes, str(scratch.path)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**_environment(), "TMPDIR": str(scratch.path), "HOME": str(scratch.path)},
                cwd=scratch.path,
                start_new_session=True,
                limit=_MAX_ANSWER,
            )
        except OSError as error:
            scratch.remove()
            raise WorkerDiedError(f"no process could be started: {error.strerror}") from error
        except asyncio.CancelledError:
            scratch.remove()
            raise
        worker = cls(process, scratch)
        try:
            async with asyncio.timeout(_START_SECONDS):
                check_confined(await worker._answer())
                return worker
        except (TimeoutError, ForeignAnswerError, WorkerDiedError) as error:
            await worker.end()
            raise WorkerDiedError("the process could not confine itself") from error
        except asyncio.CancelledError:
            await worker.end()
            raise

    async def load(self, source: str, timeout_seconds: float) -> Loaded | Failed:
        """Give the child its code; raises as `grade` does."""
        return await self._ask({"source": source}, Loaded, timeout_seconds)

    async def grade(
        self, sample: JsonObject, item: JsonObject, timeout_seconds: float
    ) -> Scored | Failed:
        """Have the loaded code grade a sample.

        Raises TimeoutError and WorkerDiedError; after these, and after a cancellation, the worker
        must be ended.
        """
        return await self._ask({"sample": sample, "item": item}, Scored, timeout_seconds)

    async def _ask(
        self, request: Mapping[str, Any], expected: type[Expected], timeout_seconds: float
    ) -> Expected | Failed:
        assert self._process.stdin is not None
        began = time.monotonic()
        self._asked += 1
        body = json.dumps({**request, "number": self._asked}).encode()
        try:
            if self._is_at_rest:
                signal.pidfd_send_signal(self._descriptor, signal.SIGCONT)
                self._is_at_rest = False
            async with asyncio.timeout(timeout_seconds):
                self._process.stdin.write(len(body).to_bytes(LENGTH_BYTES) + body)
                await self._process.stdin.drain()
                return read_reply(await self._answer(), expected, number=self._asked)
        except ForeignAnswerError as error:
            raise WorkerDiedError(_FOREIGN) from error
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise WorkerDiedError(_ENDED) from error
        finally:
            self.busy_seconds += time.monotonic() - began

    def used_bytes(self) -> int:
        """Return how much of the disk its files take; raises TooDeepError."""
        return self._scratch.used_bytes() + deleted_bytes(self._process.pid)

    async def rest(self) -> None:
        """Stop it until it is asked again, threads of its code included, and remove its files."""
        await asyncio.to_thread(self._stand_still)
        await asyncio.to_thread(self._scratch.empty)

    def _stand_still(self) -> None:
        self._is_at_rest = True
        # It may have ended, which whoever asks it next finds out.
        with suppress(ProcessLookupError, ChildProcessError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGSTOP)
            os.waitid(os.P_PIDFD, self._descriptor, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    async def end(self) -> None:
        """Kill the child and wait for its end."""
        if self._process.returncode is None:
            self._process.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        # asyncio waits for the end of what it wrote too, and a full buffer is not read by itself.
        while await self._process.stdout.read(_MAX_ANSWER):
            pass
        await self._process.wait()
        os.close(self._descriptor)
        await asyncio.to_thread(self._scratch.remove)

    async def _answer(self) -> bytes:
        assert self._process.stdout is not None
        try:
            length = int.from_bytes(await self._process.stdout.readexactly(LENGTH_BYTES))
            if length > _MAX_ANSWER:
                raise WorkerDiedError(_FOREIGN)
            return await self._process.stdout.readexactly(length)
        except asyncio.IncompleteReadError as error:
            raise WorkerDiedError(_ENDED) from error


def _arguments(
    memory_bytes: int, cpu_seconds: int, file_bytes: int, writable: str
) -> tuple[str, ...]:
    packages, readable, reads_everything = _libraries()
    confinement = Confinement(
        readable=readable,
        reads_everything=reads_everything,
        writable=writable,
        file_bytes=file_bytes,
        memory_bytes=memory_bytes,
        cpu_seconds=cpu_seconds,
    )
    root = str(Path(understudy.__file__).parent.parent)
    boot = _BOOT.format(packages=packages)
    return (sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", boot, root, confinement.to_json())


class _Libraries(NamedTuple):
    """What code may import and read."""

    packages: list[str]
    readable: tuple[str, ...]
    reads_everything: bool


@cache
def _libraries() -> _Libraries:
    packages = list(dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib")))
    libraries = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    libraries += [str(Path(sys.base_prefix) / "lib"), *packages]
    candidates = dict.fromkeys([*libraries, *_SHARED_LIBRARIES, *_OTHER_FILES, *_corpora()])
    readable = tuple(path for path in candidates if Path(path).exists())
    return _Libraries(
        packages, readable, not all(_is_open_to_all(Path(path)) for path in libraries)
    )


def _environment() -> dict[str, str]:
    corpora = [path for path in _corpora() if Path(path).is_dir()]
    return {**_ENVIRONMENT, "NLTK_DATA": os.pathsep.join(corpora)} if corpora else _ENVIRONMENT


def _corpora() -> list[str]:
    """Return where nltk looks for its data besides a home: no package brings them."""
    places = [f"{sys.prefix}{way}/nltk_data" for way in ("", "/share", "/lib")]
    return [*places, *(f"/usr{way}/nltk_data" for way in ("/share", "/local/share", "/lib"))]


def _is_open_to_all(path: Path) -> bool:
    """Say whether every user may read a directory and everything above it may be passed through."""
    if not path.exists():
        return True
    way = (path.resolve(), *path.resolve().parents)
    is_way_open = all(step.stat().st_mode & stat.S_IXOTH for step in way)
    return is_way_open and path.stat().st_mode & stat.S_IROTH != 0
