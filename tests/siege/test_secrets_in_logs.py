"""A whole journey leaves no key, prompt or content of a file in the server's logs."""

import json
from pathlib import Path

import pytest
from openai import APIError, AuthenticationError, OpenAI

from tests.api.harness import wait_until
from tests.live import KEY, LiveServer

pytestmark = pytest.mark.slow

MODEL = "understudy-nano"
PROMPT, ANSWER, CONTENT = "prompt-of-mine", "answer-of-mine", "content-of-mine"
FAULTY, GRADER, WRONG_KEY = "line-of-mine", "grader-of-mine", "sk-wrong-key-of-mine"
ENDED = ("succeeded", "failed", "cancelled")


def test_a_journey_and_its_failures_leave_nothing_of_the_user_in_the_logs(tmp_path: Path):
    errors = tmp_path / "stderr"
    server = LiveServer(tmp_path / "home")
    with errors.open("w") as into:
        server.start(errors=into)
        try:
            secrets = walk(server.client(max_retries=0), server.url)
        finally:
            server.stop()
    logs = {path: path.read_text() for path in (server.home / "logs").rglob("*") if path.is_file()}
    assert any("ftjob-" in text for text in logs.values())
    for path, text in (logs | {errors: errors.read_text()}).items():
        for secret in (KEY, *secrets):
            assert secret not in text, f"{path.name}: {secret}"


def walk(client: OpenAI, url: str) -> list[str]:
    """Do what a user does, and what goes wrong for one; return what no log may hold."""
    asked = [{"role": "user", "content": PROMPT}]
    client.chat.completions.create(model=MODEL, messages=asked, max_tokens=4)
    client.responses.create(model=MODEL, input=PROMPT, max_output_tokens=16)
    refused(lambda: client.chat.completions.create(model=PROMPT, messages=asked))
    # Too long, and of a shape that no template takes.
    refused(lambda: client.chat.completions.create(model=MODEL, messages=asked * 5000))
    refused(lambda: client.post("/chat/completions", body={"model": PROMPT}, cast_to=object))
    with pytest.raises(AuthenticationError):
        OpenAI(base_url=url, api_key=WRONG_KEY, max_retries=0).models.list()
    good = [*asked, {"role": "assistant", "content": ANSWER}]
    good_file = lines([{"messages": good}] * 10)
    train(client, good_file)
    no_json = good_file + f'{{"messages": "{FAULTY}"\n'.encode()
    refused(lambda: client.files.create(file=("f.jsonl", no_json), purpose="fine-tune"))
    train(client, good_file + lines([{"messages": [{"role": FAULTY, "content": FAULTY}]}]))
    grader = {
        "type": "python", "name": "g",
        "source": f"def grade(sample, item):\n    raise ValueError('{GRADER}' + item['x'])\n",
    }  # fmt: skip
    body = {"grader": grader, "model_sample": ANSWER, "item": {"x": CONTENT}}
    client.post("/fine_tuning/alpha/graders/run", body=body, cast_to=object)
    hook = client.post(
        "/webhook_endpoints",
        body={"name": "h", "url": "https://example.com/", "event_types": ["batch.completed"]},
        cast_to=dict[str, object],
    )
    return [PROMPT, ANSWER, CONTENT, FAULTY, GRADER, WRONG_KEY, str(hook["signing_secret"])]


def lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def train(client: OpenAI, content: bytes) -> None:
    file = client.files.create(file=(f"{CONTENT}.jsonl", content), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id, suffix="s")
    wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id).status in ENDED, 60)


def refused(call) -> None:
    with pytest.raises(APIError):
        call()
