"""The whole server as a user starts it: all processes, a tiny base, the official client."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openai import OpenAI

from tests.unit.cli.support import run, words
from tests.unit.worker.support import chat_lines, write_base
from understudy.config.settings_file import write_model
from understudy.worker.supervisor.home_lock import lock_home

pytestmark = pytest.mark.slow

ALIAS = "gpt-4.1-nano-2025-04-14"
KEY = "sk-chosen-by-the-operator"


class Server:
    """A running `understudy serve`."""

    def __init__(self, process: "subprocess.Popen[str]", lines: list[str]) -> None:
        self.process = process
        self.lines = lines

    @property
    def url(self) -> str:
        found = re.search(r"Ready at (http\S+)/v1", self.lines[-1])
        assert found is not None
        return found.group(1)

    def client(self, key: str = KEY) -> OpenAI:
        return OpenAI(base_url=f"{self.url}/v1", api_key=key)

    def children(self) -> dict[str, int]:
        """Process ids by module name."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        found: dict[str, int] = {}
        for pid in map(int, listed.split()):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            found[command[2]] = pid
        return found


@contextmanager
def serving(home: Path, *options: str, **environment: str) -> Iterator[Server]:
    # The pipe ends the server if these tests are killed.
    read_fd, write_fd = os.pipe()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "understudy", "serve"),
            *("--home", str(home), "--port", "0", "--parent-fd", str(read_fd)),
            *options,
        ],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        pass_fds=(read_fd,),
        text=True,
    )
    os.close(read_fd)
    assert process.stdout is not None
    lines: list[str] = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("Ready"):
                break
        yield Server(process, lines)
    finally:
        process.terminate()
        lines += process.stdout.read().splitlines()
        process.stdout.close()
        process.wait(30)
        os.close(write_fd)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("bases") / "tiny")


@pytest.fixture
def home(tmp_path: Path, base: Path) -> Path:
    write_model(tmp_path / "home" / "understudy.toml", "tiny", base, {})
    return tmp_path / "home"


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_first_start_prints_its_key_once_and_everything_stops_when_asked(home: Path):
    with serving(home, "--alias", f"{ALIAS}=tiny") as server:
        exports = dict(
            line.strip().removeprefix("export ").split("=", 1)
            for line in server.lines
            if "export" in line
        )
        assert exports["OPENAI_BASE_URL"] == f"{server.url}/v1"
        names = [model.id for model in server.client(exports["OPENAI_API_KEY"]).models.list()]
        assert {"tiny", ALIAS} <= set(names)
        assert f'"{ALIAS}" = "tiny"' in (home / "understudy.toml").read_text()
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200
        connection.close()
        children = server.children()
        assert len(children) == 4
    assert server.process.returncode == 0
    assert server.lines[-1] == "Stopped."
    assert not any(is_alive(pid) for pid in children.values())

    with serving(home) as again:
        assert not any("OPENAI_API_KEY" in line for line in again.lines)


def test_a_second_server_on_the_same_home_is_refused(home: Path):
    home.joinpath("run").mkdir(parents=True)
    lock = lock_home(home / "run")
    lock.note_address("http://127.0.0.1:1/v1")
    result = run("serve", "--home", str(home), "--port", "0")
    lock.release()
    assert result.exit_code == 1
    assert "at http://127.0.0.1:1/v1) already uses" in words(result.stderr)


def test_an_alias_to_nowhere_is_refused_and_not_written(home: Path):
    before = (home / "understudy.toml").read_text()
    result = run("serve", "--home", str(home), "--alias", "gpt-4o=nowhere")
    assert result.exit_code == 1
    assert '"nowhere", which is not a base model here' in words(result.stderr)
    assert (home / "understudy.toml").read_text() == before


def test_a_killed_process_comes_back_and_the_job_is_done_once(home: Path):
    with serving(home, UNDERSTUDY_BOOTSTRAP_KEY=KEY) as server:
        assert not any(KEY in line for line in server.lines)
        client = server.client().with_options(max_retries=10)
        file = client.files.create(file=chat_lines(10), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(
            model="tiny",
            training_file=file.id,
            method={
                "type": "supervised",
                "supervised": {"hyperparameters": {"n_epochs": 20, "batch_size": 1}},
            },
        )
        wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id).status == "running")
        before = server.children()
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        # The API's socket outlives it, so this waits for its successor and is not refused.
        wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id).status == "succeeded")
        events = [event.message for event in client.fine_tuning.jobs.list_events(job.id)]
        assert sum(event.startswith("Step 7/200:") for event in events) == 1
        assert events.count("The job has successfully completed") == 1
        tuned = client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
        assert tuned is not None
        wait_until(lambda: server.children().keys() == before.keys())
        answer = client.chat.completions.create(
            model=tuned,
            messages=[{"role": "user", "content": "What is the weather in Paris 3?"}],
            temperature=0,
            max_tokens=16,
        )
        assert answer.choices[0].message.content == "Sunny"


def test_children_end_when_the_supervisor_is_killed_and_its_successor_starts(home: Path):
    with serving(home, UNDERSTUDY_BOOTSTRAP_KEY=KEY) as server:
        children = server.children()
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in children.values()), seconds=15)
    with serving(home, UNDERSTUDY_BOOTSTRAP_KEY=KEY) as successor:
        assert "tiny" in [model.id for model in successor.client().models.list()]
