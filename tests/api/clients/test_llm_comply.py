"""The suites of llm-comply, which judges servers by the published schemas, on the real engine."""

import json
import subprocess
import sys

import pytest

from tests.api.harness import RunningServer

# The models here read no images.
NOT_OFFERED = {"chat-image-input", "image-input"}
# It runs these only for models of OpenAI's that think.
NOT_FOR_THIS_MODEL = {"chat-reasoning-summary", "reasoning-summary"}


@pytest.mark.slow
@pytest.mark.parametrize(("suite", "count"), [("openai-chat", 9), ("open-responses", 13)])
def test_a_suite_is_passed_whole_but_for_images(whole: RunningServer, suite: str, count: int):
    command = (sys.executable, "-c", "from llm_comply.cli import main; main()")
    options = ("--format", suite, "--json", "-u", f"{whole.url}/v1", "-m", "understudy-mini")
    ran = subprocess.run(
        [*command, *options, "-k", whole.new_project()[1]],
        capture_output=True,
        text=True,
        timeout=110,
    )
    results = json.loads(ran.stdout)["results"]
    assert len(results) == count
    failed = {r["id"]: r.get("errors") for r in results if r["status"] == "failed"}
    skipped = {r["id"] for r in results if r["status"] == "skipped"}
    assert set(failed) <= NOT_OFFERED, failed
    assert skipped <= NOT_FOR_THIS_MODEL
