"""Waits until a server answers that it is ready, and says so."""

import http.client
import threading
import time
from pathlib import Path

from understudy.cli.console import out, problems

_POLL_SECONDS = 0.1
_PROBE_TIMEOUT_SECONDS = 2.0
_COMPLAIN_AFTER_SECONDS = 60.0


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
    """Print the ready line from a thread, as soon as every part of the server can work."""

    def wait() -> None:
        started_at = time.monotonic()
        has_complained = False
        while not stop.wait(_POLL_SECONDS):
            seconds = time.monotonic() - started_at
            if is_ready(host, port):
                out.print(f"[bold green]Ready[/] at {url} ({seconds:.1f} s). Ctrl-C stops it.")
                return
            if seconds > _COMPLAIN_AFTER_SECONDS and not has_complained:
                has_complained = True
                problems.print(
                    f"[yellow]Not ready after {seconds:.0f} seconds.[/] "
                    f"The logs in {logs_directory} say why.",
                    soft_wrap=True,
                )

    threading.Thread(target=wait, name="readiness", daemon=True).start()
