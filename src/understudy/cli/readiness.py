"""Waits until a server reports that it is ready, and prints it."""

import http.client
import threading
import time
from pathlib import Path

from understudy.cli.console import out, problems
from understudy.wording import worded

_POLL_SECONDS = 0.1
_PROBE_TIMEOUT_SECONDS = 2.0
_WARN_AFTER_SECONDS = 60.0


def is_ready(host: str, port: int) -> bool:
    """Ask `GET /readyz` once."""
    connection = http.client.HTTPConnection(host, port, timeout=_PROBE_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce_when_ready(
    host: str, port: int, url: str, logs_directory: Path, stop: threading.Event
) -> None:
    """Print the ready line from a thread, as soon as every process of the server is ready."""

    def wait() -> None:
        started_at = time.monotonic()
        has_warned = False
        while not stop.wait(_POLL_SECONDS):
            seconds = time.monotonic() - started_at
            if is_ready(host, port):
                out.print(
                    worded(
                        "cli.serve.ready_s_press_ctrl",
                        "[bold green]Ready[/] at {url} ({seconds:.1f} s). Press Ctrl-C to stop.",
                        url=url,
                        seconds=seconds,
                    )
                )
                return
            if seconds > _WARN_AFTER_SECONDS and not has_warned:
                has_warned = True
                problems.print(
                    worded(
                        "cli.serve.not_ready_after_seconds",
                        "[yellow]Not ready after {seconds:.0f} seconds.[/] See the "
                        "logs in {logs_directory}.",
                        seconds=seconds,
                        logs_directory=logs_directory,
                    ),
                    soft_wrap=True,
                )

    threading.Thread(target=wait, name="readiness", daemon=True).start()
