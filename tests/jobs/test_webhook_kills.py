"""SIGKILL while events are sent: everybody hears of each event, under one id, with signatures."""

import os
import random
import time
from collections import defaultdict
from pathlib import Path

import pytest
from openai import OpenAI
from standardwebhooks import Webhook

from tests.acceptance import acceptance
from tests.api.webhooks.receiver import receiving
from tests.live import live_server

# What a death between any two steps of a delivery does is tried by tests/siege; this is of whole
# processes, of sixty events: ACCEPTANCE=1 KILL_ROUNDS=5 pytest -m slow on this file.
ROUNDS = int(os.environ.get("KILL_ROUNDS", "2"))
EACH = 12
EVENTS = ROUNDS * EACH
TYPE = "fine_tuning.job.cancelled"
SECONDS = 120.0


@acceptance
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_event_is_lost_when_processes_are_killed_while_it_is_sent(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "understudy.toml").write_text("[webhooks]\nprivate_addresses = true\n")
    rng = random.Random(0)
    with live_server(home) as server, receiving() as receiver:
        receiver.is_flaky = True
        client = server.client(max_retries=20, timeout=60)
        hook = client.webhooks.create(name="mine", url=receiver.url, event_types=[TYPE])
        line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
        file = client.files.create(file=("a.jsonl", line * 10), purpose="fine-tune")
        cancelled = set()
        for number in range(EVENTS):
            job = client.fine_tuning.jobs.create(model="understudy-nano", training_file=file.id)
            cancelled.add(client.fine_tuning.jobs.cancel(job.id).id)
            if number % EACH == EACH - 1:
                victim = rng.choice(("runner", "all"))
                server.kill(victim)
                if victim == "all":
                    server.start()
        heard = defaultdict(set)
        deadline = time.monotonic() + SECONDS
        while set(heard) != cancelled:
            assert time.monotonic() < deadline, len(heard)
            time.sleep(0.2)
            for sent in list(receiver.received):
                event = client.webhooks.unwrap(
                    sent.body.decode(), sent.headers, secret=hook.signing_secret
                )
                assert Webhook(hook.signing_secret).verify(sent.body, sent.headers)
                heard[event.data.id].add(event.id)
        assert {len(ids) for ids in heard.values()} == {1}
        wait_until_delivered(client, hook.id)


def wait_until_delivered(client: OpenAI, endpoint_id: str) -> None:
    deadline = time.monotonic() + SECONDS
    path = f"/x/webhook_endpoints/{endpoint_id}/deliveries?limit=100"
    while True:
        found = client.get(path, cast_to=object)["data"]  # pyright: ignore[reportIndexIssue]
        assert len(found) == EVENTS
        if {each["status"] for each in found} == {"delivered"}:
            return
        assert time.monotonic() < deadline
        time.sleep(0.2)
