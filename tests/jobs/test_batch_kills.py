"""A batch under fire: its process is killed at random, and every line is answered once."""

import json
import random
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from openai import APIError

from tests.live import live_server

LINES = 150
KILLS = 4
SECONDS_LIMIT = 300


def line(number: int) -> bytes:
    body = {
        "model": "understudy-nano",
        "messages": [{"role": "user", "content": f"Say {number}."}],
        "max_completion_tokens": 24,
        "store": True,
        "metadata": {"number": str(number)},
    }
    request = {"method": "POST", "url": "/v1/chat/completions", "body": body}
    return json.dumps({"custom_id": f"c{number}", **request}).encode() + b"\n"


@pytest.mark.slow
@pytest.mark.timeout(SECONDS_LIMIT + 100)
def test_a_batch_whose_processes_are_killed_answers_every_line_once(tmp_path: Path):
    dice = random.Random(1)
    with live_server(tmp_path / "home") as server:
        client = server.client(max_retries=20, timeout=60)
        content = b"".join(map(line, range(LINES)))
        file = client.files.create(file=("input.jsonl", content), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        deadline = time.monotonic() + SECONDS_LIMIT
        kills, kill_at, seen = 0, 0, 0
        while batch.status not in ("completed", "failed", "expired"):
            assert time.monotonic() < deadline, batch
            if kills < KILLS and batch.request_counts.completed >= kill_at:
                server.kill("engine" if kills == 2 else "api")
                kills += 1
                kill_at = batch.request_counts.completed + dice.randint(5, 25)
            time.sleep(0.2)
            with suppress(APIError):
                batch = client.batches.retrieve(batch.id)
                assert batch.request_counts.completed >= seen, "what was recorded is gone"
                seen = batch.request_counts.completed

        assert kills == KILLS
        assert batch.status == "completed", batch.errors
        assert batch.request_counts.model_dump() == {
            "total": LINES,
            "completed": LINES,
            "failed": 0,
        }
        output = client.files.content(batch.output_file_id).text
        rows = [json.loads(each) for each in output.splitlines()]
        assert [row["custom_id"] for row in rows] == [f"c{number}" for number in range(LINES)]
        stored = client.chat.completions.list(limit=100)
        numbers = Counter(each.metadata["number"] for each in stored)
        assert numbers == Counter(map(str, range(LINES)))
        kept = {row["response"]["body"]["id"] for row in rows}
        assert kept == {each.id for each in client.chat.completions.list(limit=100)}
