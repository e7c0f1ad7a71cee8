"""A server in a temporary home for the duration of the demo."""

import os
import queue
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from understudy.cli.first_start import BOOTSTRAP_VARIABLE
from understudy.errors import UnderstudyError
from understudy.wording import worded

_READY = re.compile(r"Ready at (http\S+)")
_READY_WITHIN_SECONDS = 120.0
_STOPS_WITHIN_SECONDS = 15.0


class DemoServerError(UnderstudyError):
    """The server of the demo did not start; the text holds its output."""


@dataclass(frozen=True, kw_only=True)
class DemoServer:
    """Where the server answers and with which key."""

    home: Path
    base_url: str
    api_key: str


@contextmanager
def temporary_home(*, keep: bool) -> Generator[Path]:
    """Yield a new directory; it is removed at the end unless it is kept."""
    home = Path(tempfile.mkdtemp(prefix="understudy-demo-"))
    try:
        yield home
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running_server(home: Path) -> Generator[DemoServer]:
    """Start `understudy serve` on a free port and stop it at the end, whatever happens.

    Raises DemoServerError when it does not become ready.
    """
    api_key = "sk-demo-" + secrets.token_urlsafe(24)
    # If this process is killed, the closed pipe makes the server stop too.
    read_fd, write_fd = os.pipe()
    errors_path = home / "serve.log"
    with errors_path.open("wb") as errors:
        process = subprocess.Popen(
            _command(home, read_fd),
            # Its output is read here, by English words.
            env=os.environ | {BOOTSTRAP_VARIABLE: api_key, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=(read_fd,),
            start_new_session=True,
            text=True,
        )
    os.close(read_fd)
    try:
        base_url = _wait_until_ready(process, errors_path)
        yield DemoServer(home=home, base_url=base_url, api_key=api_key)
    finally:
        _stop(process)
        os.close(write_fd)


def _command(home: Path, parent_fd: int) -> tuple[str, ...]:
    serve = (sys.executable, "-m", "understudy", "serve")
    return (*serve, "--home", str(home), "--port", "0", "--parent-fd", str(parent_fd))


def _wait_until_ready(process: "subprocess.Popen[str]", errors_path: Path) -> str:
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            found = _READY.search(lines.get(timeout=0.1))
        except queue.Empty:
            if process.poll() is not None:
                break
            continue
        if found is not None:
            return found.group(1)
    output = errors_path.read_text(encoding="utf-8", errors="replace").strip()
    raise DemoServerError(
        worded(
            "cli.demo.server_did_not_start",
            "The server did not start. Its output: {output}",
            output=output or "(none)",
        )
    )


def _pump(stream: IO[str], lines: "queue.Queue[str]") -> None:
    for line in stream:
        lines.put(line)
    stream.close()


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(_STOPS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
