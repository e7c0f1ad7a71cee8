"""A real server in this process, on a free port, with a home of its own."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import httpx2
import uvicorn
from openai import OpenAI

from tests import tiny
from tests.api.scripted_engine import ScriptedEngine
from tests.postgresql import on_postgresql, shared_cluster
from understudy.config.source import SettingsSource
from understudy.ids import unix_now
from understudy.server.__main__ import server_config
from understudy.server.app import create_app
from understudy.server.assembly import open_services
from understudy.server.http.body_memory import BodyMemory
from understudy.server.services import Services
from understudy.storage.keys import create_key
from understudy.storage.models import ModelKind
from understudy.storage.projects import create_project
from understudy.storage.tables.jobs import TunedModelRow
from understudy.worker.supervisor.listening import listen

BASE = "tiny/chat"
ALIAS = "gpt-4.1-nano-2025-04-14"


@dataclass(frozen=True, kw_only=True)
class RunningServer:
    url: str
    """Without /v1."""
    home: Path
    services: Services
    bodies: BodyMemory
    engine: ScriptedEngine
    http: httpx2.Client
    """For what the official client would not send; making one of these takes a while."""
    openai: OpenAI

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def new_project(self, name: str = "test") -> tuple[str, str]:
        """Make a project and return its id and a key."""
        with self.services.database.write() as session:
            project = create_project(session, name, created_at=unix_now())
            key = create_key(session, project.id, "test", pepper=self.services.pepper)
            return project.id, key

    def client(self, key: str, max_retries: int = 0) -> OpenAI:
        """Return a client that shares the connections of all others."""
        return self.openai.with_options(api_key=key, max_retries=max_retries)


def write_home(home: Path, extra: str = "") -> None:
    base = tiny.write_renderer(home / "bases" / "tiny")
    if on_postgresql():
        extra = f'database_url = "{_database_url(home)}"\n{extra}'
    (home / "understudy.toml").write_text(
        f'{extra}\n[aliases]\n"{ALIAS}" = "{BASE}"\n[models."{BASE}"]\ndirectory = "{base}"\n'
    )


@cache
def _database_url(home: Path) -> str:
    """Return that of a home's database, also when it is served once more."""
    return shared_cluster().new_database()


@contextmanager
def running_server(
    home: Path, extra: str = "", *, engine_process: bool = False, is_local: bool = True
) -> Iterator[RunningServer]:
    """Serve `home` until the end; `extra` is put at the head of its settings.

    With `engine_process` the engine is a real process instead of one that says what it is told.
    """
    home.mkdir(parents=True, exist_ok=True)
    write_home(home, extra)
    source = SettingsSource(home)
    services = open_services(source)
    engine = ScriptedEngine(source().engine_socket, home / "bases" / "tiny" / "tokenizer.json")
    listener = listen("127.0.0.1", 0)
    # Little room, so that a client that does not read is felt soon.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
    app = create_app(services, only_local_hosts=is_local)
    server = uvicorn.Server(server_config(app))
    process = _process(source().engine_socket, services.blobs.root)
    with process if engine_process else engine.running():
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with (
                httpx2.Client(base_url=url, timeout=60) as http,
                OpenAI(base_url=f"{url}/v1", api_key="none", timeout=20) as openai,
            ):
                yield RunningServer(
                    url=url,
                    home=home,
                    services=services,
                    bodies=app.state.bodies,
                    engine=engine,
                    http=http,
                    openai=openai,
                )
        finally:
            server.should_exit = True
            thread.join(10)
            listener.close()
            assert not thread.is_alive()


@contextmanager
def _process(socket_path: Path, blobs: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "understudy.inference.process", "--threads", "1"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    options = ("--socket", str(socket_path), "--blobs", str(blobs))
    process = subprocess.Popen([*command, *options], env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_until(condition: Callable[[], bool], timeout_seconds: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class TunedModel(NamedTuple):
    name: str
    job_id: str


def add_tuned_model(
    server: RunningServer, project_id: str, client: OpenAI, renderer_hash: str | None = None
) -> TunedModel:
    """Make a model servable as the end of a job does, without training one."""
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = client.files.create(file=line * 10, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=ALIAS, training_file=file.id)
    renderer = server.services.served.renderers.get(server.home / "bases" / "tiny")
    new = TunedModelRow(
        project_id=project_id,
        name=f"ft:{ALIAS}:personal::{job.id[-8:]}",
        kind=ModelKind.FINAL,
        base_name=ALIAS,
        trained="lora",
        base=BASE,
        directory=str(server.home / "models" / job.id),
        job_id=job.id,
        step=3,
        renderer_hash=renderer_hash or renderer.hash,
        template_date=None,
        organization="personal",
        created_at=unix_now(),
    )
    with server.services.database.write() as session:
        session.add(new)
    return TunedModel(new.name, job.id)
