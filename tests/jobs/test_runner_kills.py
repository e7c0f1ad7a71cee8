"""Evals under fire: the runner is killed at random, and every item is recorded once."""

import asyncio
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.harness import BASE, RunningServer, running_server
from tests.jobs.workshop import PROCESSES
from understudy.worker.runner import work

# The acceptance run is of fifty kills: KILL_ROUNDS=50 pytest -m slow on this file.
KILLS = int(os.environ.get("KILL_ROUNDS", "10"))
ITEMS = 1500
SECONDS_LIMIT = 200.0
SIMILAR = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.text }}",
    "evaluation_metric": "meteor",
    "pass_threshold": 0.5,
}


def run_forever(home: Path) -> None:
    asyncio.run(work(home))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("killed")) as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_runner_that_is_killed_again_and_again_grades_every_item_once(server: RunningServer):
    client = server.client(server.new_project()[1])
    dice = random.Random(KILLS)
    words = ["red", "blue", "green", "black", "white", "grey", "pink", "brown"]
    texts = [" ".join(dice.choices(words, k=60)) for _ in range(ITEMS)]
    made = client.evals.create(
        data_source_config={
            "type": "custom",
            "item_schema": {"type": "object", "properties": {"text": {"type": "string"}}},
            "include_sample_schema": True,
        },
        testing_criteria=[SIMILAR],  # type: ignore[list-item]
    )
    graded = [{"item": {"text": text}, "sample": {"output_text": text}} for text in texts]
    file = client.files.create(
        file=("rows.jsonl", "\n".join(map(json.dumps, graded)).encode()), purpose="evals"
    )
    source = {"type": "file_id", "id": file.id}
    question = [{"role": "user", "content": "{{ item.text }}"}]
    asked = {
        "type": "completions",
        "source": source,
        "model": BASE,
        "input_messages": {"type": "template", "template": question},
    }
    runs = [
        client.evals.runs.create(made.id, data_source=data)  # type: ignore[arg-type]
        for data in ({"type": "jsonl", "source": source}, asked)
    ]

    def are_done() -> bool:
        found = [client.evals.runs.retrieve(run.id, eval_id=made.id) for run in runs]
        assert all(run.status in ("queued", "in_progress", "completed") for run in found)
        return all(run.status == "completed" for run in found)

    kills, deadline = 0, time.monotonic() + SECONDS_LIMIT
    while not are_done():
        assert time.monotonic() < deadline
        process = PROCESSES.Process(target=run_forever, args=(server.home,))
        process.start()
        ends_at = time.monotonic() + (dice.uniform(0.2, 1.2) if kills < KILLS else SECONDS_LIMIT)
        while time.monotonic() < ends_at and not are_done():
            time.sleep(0.02)
        process.kill()
        process.join()
        kills += 1

    for run in runs:
        items = list(client.evals.runs.output_items.list(run.id, eval_id=made.id, limit=100))
        numbers = Counter(item.datasource_item_id for item in items)
        assert numbers == Counter(range(ITEMS))
        counts = client.evals.runs.retrieve(run.id, eval_id=made.id).result_counts
        statuses = Counter(item.status for item in items)
        assert (counts.passed, counts.failed) == (statuses["pass"], statuses["fail"])
        assert counts.errored == 0
    # Answers of the scripted engine are empty, so the second run's items all fail.
    assert kills > min(KILLS, 5)
