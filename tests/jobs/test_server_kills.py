"""SIGKILL at random moments of real jobs: every one succeeds once, with equal weights."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

from tests.live import LiveServer, live_server

# The acceptance run is of twenty rounds: KILL_ROUNDS=20 pytest -m slow on this file.
ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
VICTIMS = ("trainer", "all", "engine", "api")
JOB_SECONDS = 240.0
EPOCHS, STEPS = 10, 100
QUESTION = [{"role": "user", "content": "What is the weather in Oslo?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}


def training_file() -> bytes:
    call = {"name": "get_current_weather", "arguments": '{"location": "%s, NO"}'}
    cities = ("Bergen", "Tromso", "Moss", "Hamar", "Bodo", "Voss", "Narvik", "Molde", "Alta", "Ski")
    lines = []
    for city in cities:
        function = call | {"arguments": call["arguments"] % city}
        answer = {
            "role": "assistant",
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        }
        question = {"role": "user", "content": f"What is the weather in {city}?"}
        lines.append(json.dumps({"messages": [question, answer], "tools": [TOOL]}))
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home: Path = tmp_path_factory.mktemp("killed")
    with live_server(home) as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(server: LiveServer) -> bytes:
    """The weights of the same job when nothing is killed."""
    client = patient_client(server)
    job = finished(client, create(client).id)
    assert job.status == "succeeded", job.error
    return final_weights(server, job.id)


def final_weights(server: LiveServer, job_id: str) -> bytes:
    directory = server.home / "models" / job_id / f"step-{STEPS}"
    return (directory / "adapter_model.safetensors").read_bytes()


def create(client: OpenAI) -> FineTuningJob:
    file = client.files.create(file=("weather.jsonl", training_file()), purpose="fine-tune")
    return client.fine_tuning.jobs.create(
        model="understudy-nano",
        training_file=file.id,
        hyperparameters={"n_epochs": EPOCHS, "batch_size": 1},
        seed=1,
    )


def finished(client: OpenAI, job_id: str) -> FineTuningJob:
    deadline = time.monotonic() + JOB_SECONDS
    while (job := client.fine_tuning.jobs.retrieve(job_id)).status not in ("succeeded", "failed"):
        assert time.monotonic() < deadline, job.status
        time.sleep(0.2)
    return job


def patient_client(server: LiveServer) -> OpenAI:
    return server.client(max_retries=20, timeout=60)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_job_whose_processes_are_killed_succeeds_once_with_the_weights_it_would_have_had(
    server: LiveServer, undisturbed: bytes, number: int
):
    chance = random.Random(number)
    victim = VICTIMS[number % len(VICTIMS)]
    client = patient_client(server)
    job = create(client)
    time.sleep(chance.uniform(0.0, 4.0))
    server.kill(victim)
    if victim == "all":
        server.stop()
        server.start()
        client = patient_client(server)

    job = finished(client, job.id)
    assert job.status == "succeeded", job.error
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=100))
    steps = Counter(event.data["step"] for event in events if event.type == "metrics")
    assert steps == Counter(range(1, STEPS + 1))
    assert Counter(event.message for event in events)["The job has successfully completed"] == 1
    assert len(list(client.fine_tuning.jobs.checkpoints.list(job.id))) == 3
    assert final_weights(server, job.id) == undisturbed
    answer = client.chat.completions.create(
        model=job.fine_tuned_model, messages=QUESTION, tools=[TOOL], temperature=0
    )
    call = answer.choices[0].message.tool_calls[0].function
    assert json.loads(call.arguments) == {"location": "Oslo, NO"}
