"""Work in a process of its own, watched: it is stopped when it makes no progress for too long."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from understudy.errors import UnderstudyError
from understudy.wording import worded

_LOOK_SECONDS = 0.25
_MAX_WORDS = 400


class ChildFailedError(UnderstudyError):
    """The process ended without a result; the text is the last line of its errors."""


class ChildStalledError(UnderstudyError):
    """The process made no progress for so long that it was stopped."""


@dataclass(frozen=True)
class Watch:
    """How the progress of a process is seen, and for how long there may be none."""

    measure: Callable[[], int]
    """Returns a number that grows while there is progress, such as bytes on the disk."""
    report: Callable[[int], None]
    stall_seconds: float


def run_child(
    arguments: Sequence[str], watch: Watch, *, environment: Mapping[str, str] | None = None
) -> str:
    """Run Python with these arguments and return what it wrote to standard output.

    The process ends with the caller, however the call ends.

    Raises:
        ChildStalledError: Nothing grew for `watch.stall_seconds`.
        ChildFailedError: It ended with an error.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            (sys.executable, *arguments),
            env=dict(os.environ if environment is None else environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        try:
            _wait(child, watch)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        output.seek(0)
        errors.seek(0)
        if child.returncode != 0:
            raise ChildFailedError(
                _last_line(errors.read()) or f"it ended with exit code {child.returncode}"
            )
        return output.read().decode(errors="replace")


def result_of(output: str) -> dict[str, Any]:
    """Return the JSON object on the last line; libraries may have printed others before it."""
    lines = output.strip().splitlines()
    try:
        value = json.loads(lines[-1]) if lines else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ChildFailedError(
            worded(
                "bases.ended_without_result",
                "it ended without a result",
            )
        )
    return cast("dict[str, Any]", value)


def _wait(child: subprocess.Popen[bytes], watch: Watch) -> None:
    seen, grew_at = -1, time.monotonic()
    while True:
        try:
            child.wait(_LOOK_SECONDS)
            return
        except subprocess.TimeoutExpired:
            measured = watch.measure()
        if measured != seen:
            seen, grew_at = measured, time.monotonic()
            watch.report(measured)
        elif time.monotonic() - grew_at > watch.stall_seconds:
            raise ChildStalledError(
                worded(
                    "bases.no_progress_seconds",
                    "no progress for {stall_seconds:.0f} seconds",
                    stall_seconds=watch.stall_seconds,
                )
            )


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1][:_MAX_WORDS] if lines else ""
