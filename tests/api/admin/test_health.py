"""Whether a server can be told to be alive and to be ready."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen

import httpx2

from tests.api.harness import RunningServer, wait_until, write_home
from understudy.worker.supervisor.listening import listen


def test_a_server_with_its_engine_is_ready(server: RunningServer):
    assert server.http.get("/healthz").json() == {"status": "ok"}
    answer = server.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


@contextmanager
def server_process(home: Path, log: Path, parent_fd: int | None = None) -> Iterator[Popen]:
    write_home(home)
    with log.open("wb") as stream, closing(listen("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-X", "importtime", "-m", "understudy.server"]
        command += ["--home", str(home), "--fd", str(listener.fileno())]
        inherited = [listener.fileno()]
        if parent_fd is not None:
            command += ["--parent-fd", str(parent_fd)]
            inherited.append(parent_fd)
        process = Popen(command, stderr=stream, pass_fds=inherited)
    try:
        wait_until(lambda: "startup complete" in log.read_text(), timeout_seconds=30)
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_process_lives_without_an_engine_but_is_not_ready(tmp_path: Path):
    log = tmp_path / "log"
    with server_process(tmp_path, log):
        url = log.read_text().rpartition("Listening on ")[2].split()[0]
        assert httpx2.get(f"{url}/healthz").status_code == 200
        answer = httpx2.get(f"{url}/readyz")
        assert (answer.status_code, answer.json()["missing"]) == (503, ["engine"])
        imported = {line.rpartition("|")[2].strip() for line in log.read_text().splitlines()}
        assert "fastapi" in imported
        assert not imported & {"torch", "transformers"}


def test_a_server_whose_supervisor_was_killed_ends_at_once(tmp_path: Path):
    reader, writer = os.pipe()
    with server_process(tmp_path, tmp_path / "log", reader) as process:
        os.close(reader)
        os.close(writer)
        assert process.wait(10) == 129


def test_a_server_that_is_told_to_stop_ends_cleanly(tmp_path: Path):
    log = tmp_path / "log"
    with server_process(tmp_path, log) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) in (0, -signal.SIGTERM)
    assert "Traceback" not in log.read_text()
