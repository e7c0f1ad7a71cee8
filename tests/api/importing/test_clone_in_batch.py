"""A clone whose answers come through the Batch API of the old account."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.api.importing import test_clone
from tests.api.importing.fake_account import KEY, FakeAccount, running_account
from tests.api.importing.test_clone import OLD
from tests.unit.cli.support import words
from understudy.cli.cloning import batch as batch_module
from understudy.cli.importing import account as account_module

joined, key, client, clone = (
    test_clone.joined,
    test_clone.key,
    test_clone.client,
    test_clone.clone,
)
CONFIRM = "--yes"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAccount]:
    monkeypatch.setenv(account_module.KEY_VARIABLE, KEY)
    monkeypatch.setattr(batch_module, "_FIRST_PAUSE_SECONDS", 0.01)
    with running_account() as found:
        found.lists["/batches"] = []
        found.answers = answer
        yield found


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.jsonl"
    lines = [{"prompt": f"Where does request {n} go?"} for n in range(20)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def answer(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    question = body["messages"][-1]["content"]
    assert (body["model"], body["temperature"]) == (OLD, 0)
    if "request 3 " in question:
        return 400, {"error": {"message": "Too long."}}
    message = {"role": "assistant", "content": f"To {question.split()[3]}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    made = {"id": f"chatcmpl-{question}", "object": "chat.completion", "created": 1_790_000_000}
    return 200, {**made, "model": OLD, "choices": [choice], "usage": usage}


def test_the_answers_of_a_batch_teach(
    clone: Any, client: OpenAI, account: FakeAccount, prompts: Path
):
    done = clone(OLD, "--file", str(prompts), "--batch", "--account-url", account.url, CONFIRM)

    assert "in a batch half of it" in words(done.output) or "not known" in words(done.output)
    assert "19 of 20 prompts were answered." in words(done.output), done.output
    (made,) = client.get("/x/distillations", cast_to=dict[str, Any])["data"]
    assert made["request"]["source"] == {
        "type": "stored_completions",
        "metadata": {"clone_of": OLD},
    }
    stored = client.chat.completions.list(metadata={"clone_of": OLD}, limit=100).data
    assert len(stored) == 19
    assert {each.model for each in stored} == {OLD}
    assert stored[0].choices[0].message.content.startswith("To ")


def test_a_batch_that_was_begun_is_waited_for_and_not_paid_again(
    clone: Any, client: OpenAI, account: FakeAccount, prompts: Path
):
    options = (OLD, "--file", str(prompts), "--batch", "--account-url", account.url, CONFIRM)
    clone(*options)

    clone(*options)

    assert account.asked.count("POST /batches") == 1
    assert len(client.chat.completions.list(metadata={"clone_of": OLD}, limit=100).data) == 19


def test_nothing_is_sent_before_the_estimate_is_confirmed(
    clone: Any, account: FakeAccount, prompts: Path
):
    done = clone(OLD, "--file", str(prompts), "--batch", "--account-url", account.url)

    assert done.exit_code != 0
    assert account.asked == []


def test_a_batch_that_failed_says_why(
    clone: Any, account: FakeAccount, prompts: Path, monkeypatch: pytest.MonkeyPatch
):
    account.answers = None

    def fail(batch: dict[str, Any]) -> None:
        batch["status"] = "failed"
        batch["errors"] = {"data": [{"message": "The model is gone."}]}

    monkeypatch.setattr(account, "_work_on", fail)
    done = clone(OLD, "--file", str(prompts), "--batch", "--account-url", account.url, CONFIRM)

    assert done.exit_code == 1
    assert "is failed: The model is gone." in words(done.output)


def test_what_contradicts_itself_and_a_missing_key_are_refused(
    clone: Any, account: FakeAccount, prompts: Path, monkeypatch: pytest.MonkeyPatch
):
    assert clone(OLD, "--file", str(prompts), "--batch", "--stored").exit_code == 2
    monkeypatch.delenv(account_module.KEY_VARIABLE)
    done = clone(OLD, "--file", str(prompts), "--batch", "--account-url", account.url, CONFIRM)
    assert done.exit_code == 1
    assert "OPENAI_ACCOUNT_KEY is not set" in words(done.output)
    assert account.asked == []
