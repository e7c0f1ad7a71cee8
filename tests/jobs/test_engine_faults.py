"""A real server under stress: its engine is killed, two hundred clients come at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from openai import APIError, BadRequestError, InternalServerError, OpenAI

from tests.jobs.test_server_kills import training_file
from tests.live import KEY, LiveServer, live_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MODEL = "understudy-nano"
LONG = {
    "messages": [{"role": "user", "content": "Tell me a long story."}],
    "logit_bias": {"2": -100},
    "max_tokens": 1500,
}
STREAMS = 200
# Far below what two hundred whole answers would take if they piled up.
MAX_GROWTH_MEGABYTES = 400


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("stressed")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: LiveServer) -> Iterator[OpenAI]:
    """A client that never tries again."""
    with server.client(max_retries=0, timeout=120) as opened:
        yield opened


@pytest.fixture(scope="module")
def tuned(client: OpenAI) -> str:
    file = client.files.create(file=("weather.jsonl", training_file()), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model=MODEL, training_file=file.id, hyperparameters={"n_epochs": 1}
    )
    while job.status not in ("succeeded", "failed"):
        threading.Event().wait(0.1)
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job.fine_tuned_model


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def failure_of(ask: Callable[[], object], is_asking: threading.Event) -> APIError | None:
    """Ask for something endless, say when it has begun, and return how it failed."""
    try:
        answer = ask()
        for _ in answer:
            is_asking.set()
    except APIError as failure:
        return failure
    return None


def test_a_killed_engine_fails_what_is_in_flight_and_comes_back_with_its_adapters(
    server: LiveServer, client: OpenAI, tuned: str
):
    short = {"messages": [{"role": "user", "content": "Hello"}], "temperature": 0}
    before = client.chat.completions.create(model=tuned, **short).choices[0].message.content
    begun = threading.Event()
    with ThreadPoolExecutor(2) as threads:
        streamed = threads.submit(
            failure_of,
            lambda: client.chat.completions.create(model=tuned, stream=True, **LONG),
            begun,
        )
        whole = threads.submit(
            failure_of,
            lambda: client.chat.completions.create(model=MODEL, n=8, **LONG),
            threading.Event(),
        )
        assert begun.wait(60)
        server.kill("engine")
        failures = streamed.result(60), whole.result(60)
    assert "engine" in str(failures[0])
    assert isinstance(failures[1], InternalServerError)
    assert failures[1].status_code == 503
    assert failures[1].response.headers["retry-after-ms"].isdigit()
    patient = client.with_options(max_retries=20)
    after = patient.chat.completions.create(model=tuned, **short).choices[0].message.content
    assert after == before


def test_two_hundred_streams_at_once_are_all_answered_within_bounded_memory(
    server: LiveServer, client: OpenAI
):
    patient = client.with_options(max_retries=20)
    processes = server.children()

    def memory() -> float:
        return sum(resident_megabytes(processes[role]) for role in ("engine", "api"))

    def read(number: int) -> str | None:
        request = {"messages": [{"role": "user", "content": f"Count to {number}"}]}
        stream = patient.chat.completions.create(
            model=MODEL, stream=True, max_tokens=16, seed=number, **request
        )
        return [chunk.choices[0].finish_reason for chunk in stream][-1]

    read(0)
    before = memory()
    with ThreadPoolExecutor(STREAMS) as threads:
        ends = list(threads.map(read, range(STREAMS)))
    assert set(ends) <= {"stop", "length"}
    assert memory() < before + MAX_GROWTH_MEGABYTES


def test_what_no_model_can_read_is_refused_and_the_server_goes_on(
    server: LiveServer, client: OpenAI
):
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "seven words are in this text " * 999}],
        )
    assert refused.value.code == "context_length_exceeded"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    url = f"{server.url}/chat/completions"
    large = httpx2.post(url, headers=headers, content=b'{"a":"' + b"x" * 10_000_000 + b'"}')
    assert large.status_code == 413
    broken = httpx2.post(url, headers=headers, content=b'{"model": "\xff\xfe"}')
    assert broken.status_code == 400
    assert client.chat.completions.create(model=MODEL, max_tokens=1, **_HELLO).usage.total_tokens


_HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
