"""Evals under fire: the runner is killed at random, and every item is recorded once."""

import asyncio
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.harness import BASE, RunningServer, running_server
from tests.jobs.workshop import PROCESSES
from understudy.worker.runner.__main__ import work

# The acceptance run is of fifty kills: KILL_ROUNDS=50 pytest -m slow on this file.
KILLS = int(os.environ.get("KILL_ROUNDS", "10"))
ITEMS = 800
SECONDS_LIMIT = 600
SIMILAR = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.text }}",
    "evaluation_metric": "meteor",
    "pass_threshold": 0.5,
}


def run_forever(home: Path) -> None:
    asyncio.run(work(home, threading.Event()))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("killed")) as running:
        yield running


class Work:
    """Evals of one project; new runs are added for as long as there is killing to do."""

    def __init__(self, server: RunningServer, dice: random.Random) -> None:
        self.client = server.client(server.new_project()[1])
        words = ["red", "blue", "green", "black", "white", "grey", "pink", "brown"]
        texts = [" ".join(dice.choices(words, k=60)) for _ in range(ITEMS)]
        rows = [{"item": {"text": text}, "sample": {"output_text": text}} for text in texts]
        content = "\n".join(map(json.dumps, rows)).encode()
        file = self.client.files.create(file=("rows.jsonl", content), purpose="evals")
        schema = {"type": "object", "properties": {"text": {"type": "string"}}}
        config = {"type": "custom", "item_schema": schema, "include_sample_schema": True}
        made = self.client.evals.create(data_source_config=config, testing_criteria=[SIMILAR])  # type: ignore[arg-type, list-item]
        self.eval_id = made.id
        self.runs: list[str] = []
        self._source = {"type": "file_id", "id": file.id}

    def add_runs(self) -> None:
        """Grade the rows as they are, and ask the scripted engine, whose answers are empty."""
        question = [{"role": "user", "content": "{{ item.text }}"}]
        asked = {
            "type": "completions",
            "source": self._source,
            "model": BASE,
            "input_messages": {"type": "template", "template": question},
        }
        for data in ({"type": "jsonl", "source": self._source}, asked):
            run = self.client.evals.runs.create(self.eval_id, data_source=data)  # type: ignore[arg-type]
            self.runs.append(run.id)

    def is_done(self) -> bool:
        latest = self.client.evals.runs.list(self.eval_id, order="desc", limit=2).data
        assert all(run.status in ("queued", "in_progress", "completed") for run in latest)
        return all(run.status == "completed" for run in latest)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS_LIMIT)
def test_a_runner_that_is_killed_again_and_again_grades_every_item_once(server: RunningServer):
    dice = random.Random(KILLS)
    work = Work(server, dice)
    work.add_runs()
    kills = 0
    while kills < KILLS:
        process = PROCESSES.Process(target=run_forever, args=(server.home,))
        process.start()
        time.sleep(dice.uniform(0.1, 1.5))
        process.kill()
        process.join()
        kills += 1
        if work.is_done():
            work.add_runs()
    last = PROCESSES.Process(target=run_forever, args=(server.home,))
    last.start()
    while not work.is_done():
        time.sleep(0.2)
    last.kill()
    last.join()

    for run_id in work.runs:
        runs = work.client.evals.runs
        items = list(runs.output_items.list(run_id, eval_id=work.eval_id, limit=100))
        assert Counter(item.datasource_item_id for item in items) == Counter(range(ITEMS))
        statuses = Counter(item.status for item in items)
        counts = runs.retrieve(run_id, eval_id=work.eval_id).result_counts
        assert (counts.passed, counts.failed) == (statuses["pass"], statuses["fail"])
        assert counts.passed + counts.failed == counts.total == ITEMS
