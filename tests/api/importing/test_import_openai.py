"""An account at OpenAI is taken along: everything once, whatever breaks on the way."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openai import OpenAI
from typer.testing import CliRunner, Result

from tests.api.harness import BASE, RunningServer
from tests.api.importing.fake_account import KEY, FakeAccount, running_account
from understudy.cli.importing import account as account_module
from understudy.cli.importing.here import Here
from understudy.cli.main import app

# The acceptance run is of ten kills: KILL_ROUNDS=10 pytest -m slow on this file.
KILLS = int(os.environ.get("KILL_ROUNDS", "4"))
LINE = b"""{"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}
"""
CSV = b"step,train_loss\n1,0.5\n"
MODEL = "ft:gpt-4o-mini-2024-07-18:acme:triage:abc123"


def job(id: str = "ftjob-1", **changes: Any) -> dict[str, Any]:
    hyperparameters = {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 1.8}
    return {
        "id": id,
        "object": "fine_tuning.job",
        "created_at": 1_750_000_000,
        "finished_at": 1_750_000_600,
        "status": "succeeded",
        "model": "gpt-4o-mini-2024-07-18",
        "fine_tuned_model": MODEL,
        "training_file": "file-train",
        "validation_file": "file-gone",
        "result_files": ["file-result"],
        "user_provided_suffix": "triage",
        "seed": 7,
        "hyperparameters": hyperparameters,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        **changes,
    }


def file(id: str, purpose: str, name: str, created_at: int = 1_750_000_000) -> dict[str, Any]:
    return {
        "id": id,
        "object": "file",
        "bytes": 1,
        "created_at": created_at,
        "filename": name,
        "purpose": purpose,
    }


def completion(number: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": f"Answer {number}", "refusal": None}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_750_000_000 + number,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        "metadata": {"task": "triage"},
        "temperature": 0.5,
        "tools": None,
    }


@pytest.fixture
def account() -> Iterator[FakeAccount]:
    with running_account() as found:
        found.lists = {
            "/files": [
                file("file-train", "fine-tune", "train.jsonl"),
                file("file-result", "fine-tune-results", "step_metrics.csv"),
                file("file-old", "user_data", "old.txt", created_at=1_500_000_000),
            ],
            "/fine_tuning/jobs": [job()],
            "/fine_tuning/jobs/ftjob-1/events": [
                {"id": f"ftevent-{n}", "message": f"Step {n}", "created_at": n} for n in range(5)
            ],
            "/fine_tuning/jobs/ftjob-1/checkpoints": [{"id": "ftckpt_1", "step_number": 3}],
            "/models": [
                {"id": "gpt-4o", "object": "model", "created": 1_700_000_000},
                {
                    "id": MODEL,
                    "object": "model",
                    "created": 1_750_000_600,
                    "shutdown_date": "2027-01-14",
                },
            ],
            "/chat/completions": [completion(n) for n in range(3)],
            "/batches": [{"id": "batch_1", "object": "batch", "created_at": 1_750_000_000}],
        }
        for n in range(3):
            found.lists[f"/chat/completions/chatcmpl-{n}/messages"] = [
                {"id": f"chatcmpl-{n}-0", "role": "user", "content": f"Question {n}"}
            ]
        found.contents = {
            "/files/file-train/content": LINE * 10,
            "/files/file-result/content": base64.b64encode(CSV),
            "/files/file-old/content": b"old",
        }
        yield found


@pytest.fixture
def run(server: RunningServer, key: str, account: FakeAccount, monkeypatch: pytest.MonkeyPatch):
    """Run `understudy import` against the account, with this server as the place to go."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv(account_module.KEY_VARIABLE, KEY)
    monkeypatch.setattr(account_module, "_MAX_RETRIES", 0)

    def run(*options: str) -> Result:
        return CliRunner().invoke(app, ["import", "openai", "--base-url", account.url, *options])

    return run


def records(client: OpenAI, kind: str) -> list[dict[str, Any]]:
    page: Any = client.get(f"/x/history/{kind}?limit=100", cast_to=object)
    return page["data"]


def test_an_account_is_taken_along_whole(run, client: OpenAI):
    done = run()

    # Exit status 3: something is gone there, and named.
    assert done.exit_code == 3, done.output
    assert "The file file-gone was deleted there." in done.output
    (found,) = records(client, "jobs")
    assert found["object"] == job()
    assert [each["message"] for each in found["parts"]["events"]] == [f"Step {n}" for n in range(5)]
    assert found["parts"]["checkpoints"][0]["step_number"] == 3
    copies = found["file_ids"]
    assert set(copies) == {"file-train", "file-result"}
    assert client.files.content(copies["file-train"]).content == LINE * 10
    assert client.files.content(copies["file-result"]).content == CSV
    (model,) = records(client, "models")
    assert model["object"]["shutdown_date"] == "2027-01-14"
    assert records(client, "batches")[0]["id"] == "batch_1"
    stored = client.chat.completions.list(metadata={"task": "triage"}, order="asc").data
    assert sorted(each.choices[0].message.content for each in stored) == [
        "Answer 0",
        "Answer 1",
        "Answer 2",
    ]
    assert stored[0].model == MODEL
    messages = client.chat.completions.messages.list(stored[0].id).data
    assert messages[0].content.startswith("Question ")


def test_twice_is_once(run, client: OpenAI, account: FakeAccount):
    run()
    asked = len(account.asked)

    done = run()

    assert "files: 0 imported, 3 here before" in done.output
    assert "completions: 0 imported, 3 here before" in done.output
    assert len(client.files.list().data) == 3
    assert len(client.chat.completions.list().data) == 3
    # Nothing is downloaded again, only the lists are read.
    assert not any("/content" in path or "/messages" in path for path in account.asked[asked:])


def test_an_import_that_breaks_anywhere_is_whole_after_it_is_run_again(
    run, client: OpenAI, account: FakeAccount
):
    for after in range(1, 40, 3):
        account.asked.clear()
        account.breaks_after = after
        run()
    account.breaks_after = None

    run()

    assert len(records(client, "jobs")) == 1
    assert len(records(client, "files")) == 3
    names = sorted(each.filename for each in client.files.list().data)
    assert names == ["old.txt", "step_metrics.csv", "train.jsonl"]
    assert len(client.chat.completions.list().data) == 3


def test_a_dry_run_counts_and_copies_nothing(run, client: OpenAI):
    done = run("--dry-run")

    assert "files: 3 to import" in done.output
    assert "completions: 3 to import" in done.output
    assert client.files.list().data == []
    assert records(client, "jobs") == []


def test_only_what_is_asked_for_and_young_enough_is_taken(run, client: OpenAI):
    done = run("--what", "files", "--since", "2020-01-01")

    assert done.exit_code == 0
    assert sorted(each.filename for each in client.files.list().data) == [
        "step_metrics.csv",
        "train.jsonl",
    ]
    assert records(client, "jobs") == []


def test_a_closed_fine_tuning_platform_is_explained_and_the_rest_is_taken(
    run, client: OpenAI, account: FakeAccount
):
    account.refusals["/fine_tuning/jobs"] = (
        403,
        {"message": "Training is not available.", "code": "training_not_available"},
    )

    done = run()

    assert done.exit_code == 3
    assert "no longer opens fine-tuning to this account" in " ".join(done.output.split())
    assert len(client.files.list().data) == 3


def test_a_limit_on_the_rate_is_waited_for(
    run, account: FakeAccount, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(account_module, "_MAX_RETRIES", 3)
    account.busy = 3

    assert run("--what", "files").exit_code == 0


def test_a_wrong_key_and_none_are_named(run, account: FakeAccount, monkeypatch: pytest.MonkeyPatch):
    account.refusals["/files"] = (401, {"message": "Incorrect API key.", "code": "invalid_api_key"})
    done = run()
    assert done.exit_code == 1
    assert "does not accept the key in OPENAI_ACCOUNT_KEY" in " ".join(done.output.split())

    monkeypatch.delenv(account_module.KEY_VARIABLE)
    assert "OPENAI_ACCOUNT_KEY is not set" in " ".join(run().output.split())


def test_an_unfinished_job_waits_for_its_end(run, client: OpenAI, account: FakeAccount):
    account.lists["/fine_tuning/jobs"] = [job(status="running", finished_at=None)]

    assert "ftjob-1 is still running" in " ".join(run().output.split())
    assert records(client, "jobs") == []


def test_an_imported_job_runs_again_on_a_base_here(run, client: OpenAI):
    run()

    done = CliRunner().invoke(app, ["import", "rerun", "ftjob-1", "--model", BASE])

    assert done.exit_code == 0, done.output
    made = client.fine_tuning.jobs.retrieve(done.output.strip())
    assert made.hyperparameters.n_epochs == 3
    assert client.files.content(made.training_file).content == LINE * 10
    listed = CliRunner().invoke(app, ["import", "jobs"])
    assert "ftjob-1" in listed.output


def test_the_records_of_one_project_are_hidden_from_another(
    run, server: RunningServer, client: OpenAI
):
    run()
    _, key = server.new_project()

    assert records(server.client(key), "jobs") == []
    assert json.dumps(records(client, "jobs")[0]["source"]).startswith('"http://127.0.0.1')


class _KilledError(BaseException):
    """The process is gone: nothing is caught, nothing is cleaned up."""


def test_a_kill_between_a_copy_and_its_record_leaves_one_copy(
    run, client: OpenAI, monkeypatch: pytest.MonkeyPatch
):
    put = Here.put

    def killed(here: Here, kind: str, found: Mapping[str, Any], **more: Any) -> None:
        if kind == "files" and not client.get("/x/history/files", cast_to=dict[str, Any])["data"]:
            raise _KilledError
        put(here, kind, found, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Here, "put", killed)
        with pytest.raises(_KilledError):
            run()
    assert len(client.files.list().data) == 1

    run()

    assert len(client.files.list().data) == 3
    assert len(records(client, "files")) == 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_import_that_is_killed_again_and_again_is_whole_in_the_end(
    server: RunningServer, key: str, client: OpenAI, account: FakeAccount
):
    environment = os.environ | {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_API_KEY": key,
        account_module.KEY_VARIABLE: KEY,
    }
    command = [sys.executable, "-m", "understudy", "import", "openai", "--base-url", account.url]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    kills = 0
    while kills < KILLS:
        # Each time after one more request, in the middle of whatever comes then.
        account.asked.clear()
        process = start()
        while len(account.asked) < 2 + 3 * kills and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        process.wait()
        kills += 1

    # 3 where the last run is the one that meets the file that is gone, 0 where one before did.
    assert start().wait(120) in (0, 3)

    assert len(records(client, "jobs")) == 1
    assert len(records(client, "files")) == 3
    assert len(records(client, "completions")) == 3
    names = sorted(each.filename for each in client.files.list().data)
    assert names == ["old.txt", "step_metrics.csv", "train.jsonl"]
    assert len(client.chat.completions.list().data) == 3
