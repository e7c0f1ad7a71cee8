"""A style is preferred: a tuned model that has two styles is left with the preferred one."""

import base64
import json
import math
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob
from scipy.stats import fisher_exact

from tests.live import LiveServer, live_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BASE = "understudy-nano"
NAMES = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Leo")
PLACES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Seoul")
ASKED = 60


def question(name: str, place: str) -> dict[str, str]:
    return {"role": "user", "content": f"Greet {name} from {place}."}


def formal(name: str, place: str) -> str:
    return f"Good day, {name} of {place}."


def merry(name: str, place: str) -> str:
    return f"Hi {name}! How is {place}?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("preferring")) as running:
        yield running


@pytest.fixture(scope="module")
def two_styles(server: LiveServer) -> str:
    """A model that greets in either style."""
    chosen = random.Random(1)
    lines = []
    for name in NAMES:
        for place in PLACES:
            style = chosen.choice((formal, merry))
            answer = {"role": "assistant", "content": style(name, place)}
            lines.append(json.dumps({"messages": [question(name, place), answer]}))
    client = server.client()
    file = client.files.create(
        file=("greetings.jsonl", "\n".join(lines).encode()), purpose="fine-tune"
    )
    job = client.fine_tuning.jobs.create(model=BASE, training_file=file.id, seed=1)
    return str(ended(client, job.id).fine_tuned_model)


def ended(client: OpenAI, job_id: str) -> FineTuningJob:
    while True:
        job = client.fine_tuning.jobs.retrieve(job_id)
        if job.status in ("succeeded", "failed", "cancelled"):
            assert job.status == "succeeded", job.error
            return job
        time.sleep(0.2)


def pairs(names: tuple[str, ...]) -> bytes:
    lines = [
        {
            "input": {"messages": [question(name, place)]},
            "preferred_output": [{"role": "assistant", "content": merry(name, place)}],
            "non_preferred_output": [{"role": "assistant", "content": formal(name, place)}],
        }
        for name in names
        for place in PLACES
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def merry_greetings(client: OpenAI, model: str) -> int:
    def ask(seed: int) -> bool:
        name, place = f"N{seed % 7}a", PLACES[seed % len(PLACES)]
        answer = client.chat.completions.create(
            model=model,
            messages=[question(name, place)],
            temperature=1,
            seed=seed,
            max_completion_tokens=40,
        )
        return (answer.choices[0].message.content or "").startswith("Hi ")

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(ask, range(ASKED)))


def test_the_preferred_style_is_what_is_sampled_afterwards(server: LiveServer, two_styles: str):
    client = server.client()
    training, validation = (
        client.files.create(file=("pairs.jsonl", pairs(some)), purpose="fine-tune")
        for some in (NAMES[:9], NAMES[9:])
    )

    job = client.fine_tuning.jobs.create(
        model=two_styles,
        training_file=training.id,
        validation_file=validation.id,
        method={"type": "dpo", "dpo": {"hyperparameters": {"beta": "auto"}}},
        seed=2,
    )
    server.kill("trainer")
    done = ended(client, job.id)

    assert done.method is not None
    assert done.method.type == "dpo"
    assert done.method.dpo is not None
    assert done.method.dpo.hyperparameters is not None
    assert done.method.dpo.hyperparameters.beta == 0.1
    events = [e for e in client.fine_tuning.jobs.list_events(job.id, limit=100) if e.data]
    metrics = {e.data["step"]: e.data for e in events if e.type == "metrics"}
    assert metrics[1]["train_loss"] == pytest.approx(math.log(2), abs=1e-3)
    last = metrics[max(metrics)]
    assert last["full_valid_reward_accuracy"] == 1.0
    table = base64.b64decode(client.files.content(done.result_files[0]).text).decode()
    assert "train_reward_margin" in table.splitlines()[0]
    before, after = (
        merry_greetings(client, model) for model in (two_styles, str(done.fine_tuned_model))
    )
    odds = fisher_exact([[after, ASKED - after], [before, ASKED - before]], alternative="greater")
    assert odds.pvalue < 0.05, (before, after)
