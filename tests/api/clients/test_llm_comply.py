"""The suites of llm-comply, which judges servers by the published schemas, on the real engine."""

import json
import subprocess
import sys

import pytest

from tests.api.harness import RunningServer

SUITES = pytest.mark.parametrize(("suite", "count"), [("openai-chat", 9), ("open-responses", 13)])
IMAGE_CASES = {"chat-image-input", "image-input"}
# It runs these only for models of OpenAI's that think.
NOT_FOR_THIS_MODEL = {"chat-reasoning-summary", "reasoning-summary"}


@pytest.mark.slow
@SUITES
def test_a_suite_is_passed_but_for_images_by_a_model_that_reads_none(
    whole: RunningServer, suite: str, count: int
):
    failed, skipped = judged(whole, suite, "understudy-mini", count)
    assert set(failed) == IMAGE_CASES & set(failed), failed
    assert len(failed) == 1
    assert skipped <= NOT_FOR_THIS_MODEL


@pytest.mark.slow
@SUITES
def test_a_suite_is_passed_whole_by_a_model_that_reads_images(
    whole: RunningServer, suite: str, count: int
):
    failed, skipped = judged(whole, suite, "understudy-vision-nano", count)
    assert failed == {}
    assert skipped <= NOT_FOR_THIS_MODEL


def judged(
    server: RunningServer, suite: str, model: str, count: int
) -> tuple[dict[str, object], set[str]]:
    """Return what the suite says of failed cases, and which cases it skipped."""
    command = (sys.executable, "-c", "from llm_comply.cli import main; main()")
    options = ("--format", suite, "--json", "-u", f"{server.url}/v1", "-m", model)
    ran = subprocess.run(
        [*command, *options, "-k", server.new_project()[1]],
        capture_output=True,
        text=True,
        timeout=110,
    )
    results = json.loads(ran.stdout)["results"]
    assert len(results) == count
    failed = {r["id"]: r.get("errors") for r in results if r["status"] == "failed"}
    return failed, {r["id"] for r in results if r["status"] == "skipped"}
