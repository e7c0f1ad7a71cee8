"""SIGKILL at random moments of real jobs on a real server: every job succeeds, once."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI

from tests.live import LiveServer, live_server

# The acceptance run is of twenty rounds: KILL_ROUNDS=20 pytest -m slow on this file.
ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
VICTIMS = ("trainer", "all", "engine", "api")
JOB_SECONDS = 90.0
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


def patient_client(server: LiveServer) -> OpenAI:
    return server.client(max_retries=20, timeout=60)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_job_whose_processes_are_killed_succeeds_once(server: LiveServer, number: int):
    chance = random.Random(number)
    victim = VICTIMS[number % len(VICTIMS)]
    client = patient_client(server)
    file = client.files.create(file=("weather.jsonl", training_file()), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model="understudy-nano",
        training_file=file.id,
        hyperparameters={"n_epochs": 10, "batch_size": 1},
        seed=number,
    )

    time.sleep(chance.uniform(0.0, 4.0))
    server.kill(victim)
    if victim == "all":
        server.stop()
        server.start()
        client = patient_client(server)

    deadline = time.monotonic() + JOB_SECONDS
    while (job := client.fine_tuning.jobs.retrieve(job.id)).status not in ("succeeded", "failed"):
        assert time.monotonic() < deadline, f"{job.status} after a kill of {victim}"
        time.sleep(0.2)
    assert job.status == "succeeded", job.error
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=100))
    steps = Counter(event.data["step"] for event in events if event.type == "metrics")
    assert steps == Counter(range(1, 101))
    assert Counter(event.message for event in events)["The job has successfully completed"] == 1
    assert len(list(client.fine_tuning.jobs.checkpoints.list(job.id))) == 3
    answer = client.chat.completions.create(
        model=job.fine_tuned_model, messages=QUESTION, tools=[TOOL], temperature=0
    )
    call = answer.choices[0].message.tool_calls[0].function
    assert json.loads(call.arguments) == {"location": "Oslo, NO"}
