"""A thousand hostile pictures and URLs against a running server, and a job on a file full of them.

Nothing falls over, nothing on this machine is visited, and memory stays bounded.
"""

import base64
import json
import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.acceptance import acceptance
from tests.live import KEY, LiveServer, live_server
from tests.pictures import drawn, url_of
from tests.unit.data.images.test_fetching import PRIVATE, SPELLINGS
from tests.unit.data.images.test_hostile_pictures import hostile
from understudy.data.images.faults import ImageFault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), acceptance]

MODEL = "understudy-vision-nano"
REQUESTS = int(os.environ.get("HOSTILE_IMAGES", "1000"))
AT_ONCE = 8
GOOD_LINES, HOSTILE_LINES = 12, 400
MAX_GROWTH_BYTES = 700 * 1024 * 1024
"""Four pictures of 36 million pixels are decoded at once, of which few requests hold any."""
NAMES = ("pictures.localhost", "name.invalid", "127.0.0.1.invalid")
QUESTION = "What color is the background?"


class Doors:
    """Listens where a server that fetched from this machine would knock."""

    def __init__(self, stack: ExitStack) -> None:
        self.visits: list[object] = []
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            door = stack.enter_context(socket.socket(family))
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((address, 443))
            door.listen(100)
            threading.Thread(target=self._listen, args=(door,), daemon=True).start()

    def _listen(self, door: socket.socket) -> None:
        while True:
            try:
                visitor, address = door.accept()
            except OSError:
                return
            self.visits.append(address)
            visitor.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that may fetch what users name."""
    home = tmp_path_factory.mktemp("home")
    (home / "understudy.toml").write_text("fetch_images = true\n")
    with live_server(home) as running:
        yield running


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    with ExitStack() as stack:
        try:
            yield Doors(stack)
        except PermissionError:
            pytest.skip("may not listen on port 443 of this machine")


def hostile_url(chance: random.Random) -> str:
    # Names are asked for, which may take long where there is no internet.
    is_named = chance.random() < 0.02
    host = chance.choice(NAMES if is_named else SPELLINGS + PRIVATE)
    if host.count(":") > 1 and "[" not in host:
        host = f"[{host}]"
    scheme = chance.choice(
        ["https", "https", "https", "HTTPS", "http", "ftp", "file", "understudy"]
    )
    return f"{scheme}://{host}{chance.choice(['', '/', '/a.png', '?a', '//b', '/../c'])}"


def hostile_address(seed: int) -> str:
    """Return a data URL of a spoiled picture, or the address of something private."""
    chance = random.Random(f"address {seed}")
    if chance.random() < 0.4:
        return hostile_url(chance)
    text = base64.b64encode(hostile(seed)).decode()
    kind = chance.choice(["image/png", "image/jpeg", "image/svg+xml", "text/html", ""])
    if chance.random() < 0.05:
        text = text[: len(text) // 2] + chance.choice("*%=\n")
    return f"data:{kind};base64,{text}"


def send(http: httpx2.Client, seed: int) -> httpx2.Response:
    """Show something hostile to one of the places that read images."""
    address = hostile_address(seed)
    match seed % 3:
        case 0:
            parts = [{"type": "image_url", "image_url": {"url": address}}]
            body: dict[str, Any] = {"messages": [{"role": "user", "content": parts}]}
            return http.post(
                "/chat/completions", json={"model": MODEL, "max_tokens": 1, "store": True, **body}
            )
        case 1:
            parts = [{"type": "input_image", "image_url": address}]
            body = {"input": [{"role": "user", "content": parts}]}
            return http.post("/responses", json={"model": MODEL, "max_output_tokens": 16, **body})
        case _:
            file = ("picture.png", hostile(seed), "image/png")
            return http.post("/files", data={"purpose": "vision"}, files={"file": file})


def memory_of(children: dict[str, int], kind: str) -> dict[str, int]:
    """Return the bytes that each process holds (VmRSS), or held at most (VmHWM)."""
    found: dict[str, int] = {}
    for role, pid in children.items():
        status = Path(f"/proc/{pid}/status").read_text()
        (line,) = (one for one in status.splitlines() if one.startswith(f"{kind}:"))
        found[role] = int(line.split()[1]) * 1024
    return found


def assert_bounded(before: dict[str, int], children: dict[str, int]) -> None:
    grown = {role: peak - before[role] for role, peak in memory_of(children, "VmHWM").items()}
    assert max(grown.values()) <= MAX_GROWTH_BYTES, grown


def asked(client: OpenAI) -> str:
    parts: list[Any] = [
        {"type": "text", "text": QUESTION},
        {"type": "image_url", "image_url": {"url": url_of(drawn(size=(64, 64)))}},
    ]
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": parts}], max_tokens=8, temperature=0
    )
    return answer.choices[0].message.content or ""


def test_a_thousand_hostile_pictures_and_urls_are_answered_or_refused(
    server: LiveServer, doors: Doors
):
    client = server.client()
    answer = asked(client)
    children = server.children()
    before = memory_of(children, "VmRSS")
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        httpx2.Client(base_url=server.url, headers=headers, timeout=120) as http,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        answers = list(pool.map(lambda seed: send(http, seed), range(REQUESTS)))
    outcomes = Counter(
        response.json()["error"]["code"] if response.status_code != 200 else "read"
        for response in answers
    )
    assert {response.status_code for response in answers} == {200, 400}
    assert outcomes.keys() <= {"read", *(fault.value for fault in ImageFault)}, outcomes
    for code in ("read", "image_parse_error", "invalid_image_url", "image_too_large"):
        assert outcomes[code] >= 10, outcomes
    assert asked(client) == answer
    assert server.children() == children
    assert doors.visits == []
    assert_bounded(before, children)


def test_a_job_learns_from_what_is_left_of_a_hostile_file(server: LiveServer, doors: Doors):
    client = server.client()
    children = server.children()
    before = memory_of(children, "VmRSS")
    addresses = [url_of(drawn(size=(64, 64)))] * GOOD_LINES
    addresses += [hostile_address(seed) for seed in range(HOSTILE_LINES)]
    file = client.files.create(
        file=("hostile.jsonl", "\n".join(map(line, addresses)).encode()), purpose="fine-tune"
    )
    job = client.fine_tuning.jobs.create(
        model=MODEL, training_file=file.id, hyperparameters={"n_epochs": 1}
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(1)
        job = client.fine_tuning.jobs.retrieve(job.id)
    events = [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=100)]
    assert job.status == "succeeded", job.error
    (left_out,) = (event for event in events if "were left out" in event)
    assert HOSTILE_LINES / 2 < int(left_out.split()[0]) < HOSTILE_LINES, left_out
    assert server.children() == children
    assert doors.visits == []
    assert_bounded(before, children)


def line(address: str) -> str:
    parts = [
        {"type": "text", "text": QUESTION},
        {"type": "image_url", "image_url": {"url": address}},
    ]
    answer = {"role": "assistant", "content": "white"}
    return json.dumps({"messages": [{"role": "user", "content": parts}, answer]})
