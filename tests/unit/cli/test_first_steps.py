"""The thin clients against a real server whose engine is scripted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from tests.api.harness import BASE, RunningServer, running_server
from tests.jobs.workshop import run_to_end, run_to_start
from tests.unit.cli.support import run, words
from tests.unit.worker.support import chat_lines
from understudy.jobs.lease import claim


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


class Shell:
    """A shell into which the export lines of a new project were pasted."""

    def __init__(self, server: RunningServer) -> None:
        _, key = server.new_project()
        self._environment = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": key}

    def run(self, *arguments: str) -> Result:
        return run(*arguments, **self._environment)


@pytest.fixture
def shell(server: RunningServer) -> Shell:
    return Shell(server)


@pytest.fixture
def training_file(tmp_path: Path) -> Path:
    path = tmp_path / "chats.jsonl"
    path.write_bytes(chat_lines(10))
    return path


def test_files_are_uploaded_listed_read_and_deleted(shell: Shell, training_file: Path):
    file_id = shell.run("files", "upload", str(training_file)).output.strip()
    assert file_id.startswith("file-")
    listed = shell.run("files", "list").output.split("\t")
    assert listed[:3] == [file_id, "chats.jsonl", "fine-tune"]
    assert shell.run("files", "content", file_id).stdout_bytes == chat_lines(10)
    copy = training_file.with_name("copy")
    shell.run("files", "content", file_id, "--output", str(copy))
    assert copy.read_bytes() == chat_lines(10)
    assert "Deleted" in shell.run("files", "delete", file_id).output
    assert shell.run("files", "list").output == ""


def test_a_job_is_created_followed_and_shown(
    server: RunningServer, shell: Shell, training_file: Path
):
    created = shell.run(
        "jobs", "create", str(training_file), "--model", BASE, "--n-epochs", "3", "--seed", "5"
    )
    job_id = created.output.strip()
    assert job_id.startswith("ftjob-")
    assert shell.run("jobs", "list").output.split("\t")[:2] == [job_id, "validating_files"]
    claimed = claim(server.services.database, "test")
    assert claimed is not None
    assert (claimed.hyperparameters.n_epochs, claimed.seed) == (3, 5)
    tuned = run_to_end(server.services.database, claimed)
    events = shell.run("jobs", "events", job_id, "--follow")
    assert events.exit_code == 0
    lines = events.output.splitlines()
    assert lines[0].endswith(f"Created fine-tuning job: {job_id}")
    assert lines[-1].endswith("The job has successfully completed")
    assert shell.run("jobs", "events", job_id).output == events.output
    shown = shell.run("jobs", "show", job_id).output
    assert tuned in shown
    steps = [
        line.split("\t")[0] for line in shell.run("jobs", "checkpoints", job_id).output.splitlines()
    ]
    assert steps == ["6", "4", "2"]
    assert tuned in shell.run("models", "list").output
    assert shell.run("models", "delete", tuned).exit_code == 0
    assert tuned not in shell.run("models", "list").output


def test_a_job_is_paused_and_resumed(server: RunningServer, shell: Shell, training_file: Path):
    job_id = shell.run("jobs", "create", str(training_file), "--model", BASE).output.strip()
    assert shell.run("jobs", "pause", job_id).output.strip() == f"{job_id} is paused."
    again = shell.run("jobs", "pause", job_id)
    assert again.exit_code == 1
    assert 'already has status "paused"' in words(again.stderr)
    assert shell.run("jobs", "resume", job_id).output.strip() == f"{job_id} is queued."
    claimed = claim(server.services.database, "test")
    assert claimed is not None
    assert claimed.job_id == job_id
    run_to_start(server.services.database, claimed)
    assert words(shell.run("jobs", "pause", job_id).output) == (
        f"{job_id} is running and pauses as soon as its state is saved."
    )
    shell.run("jobs", "cancel", job_id)


def test_a_cancelled_job_ends_the_following_with_an_error(shell: Shell, training_file: Path):
    job_id = shell.run("jobs", "create", str(training_file), "--model", BASE).output.strip()
    assert "is cancelled" in shell.run("jobs", "cancel", job_id).output
    followed = shell.run("jobs", "events", job_id, "--follow")
    assert followed.exit_code == 1
    assert "The job has been cancelled" in followed.output
    again = shell.run("jobs", "cancel", job_id)
    assert again.exit_code == 1
    assert 'already has status "cancelled"' in words(again.stderr)


def test_what_the_server_refuses_is_told_in_its_words(shell: Shell, training_file: Path):
    result = shell.run("jobs", "create", str(training_file), "--model", "nope")
    assert result.exit_code == 1
    assert "nope" in words(result.stderr)
    assert "Traceback" not in result.output
    zero = shell.run("jobs", "create", str(training_file), "--model", BASE, "--n-epochs", "0")
    assert zero.exit_code == 1


def test_a_job_over_pairs_is_created_with_its_beta_and_shows_both(
    shell: Shell, training_file: Path
):
    made = shell.run(
        "jobs", "create", str(training_file), "--model", BASE, "--method", "dpo", "--beta", "0.3"
    )
    shown = shell.run("jobs", "show", made.output.strip()).output
    assert "method\tdpo" in shown
    assert "beta\t0.3" in shown
    alone = shell.run("jobs", "create", str(training_file), "--model", BASE, "--beta", "0.3")
    assert alone.exit_code == 2


def test_a_reinforcement_job_is_created_from_files_and_shows_its_numbers(
    shell: Shell, tmp_path: Path
):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text('{"messages": [{"role": "user", "content": "2+2?"}], "answer": "4"}\n' * 12)
    grader = tmp_path / "grader.json"
    grader.write_text(
        '{"type": "string_check", "input": "{{sample.output_text}}", '
        '"reference": "{{item.answer}}", "operation": "eq"}'
    )
    job = ("jobs", "create", str(prompts), "--model", BASE, "--method", "reinforcement")
    graded = (*job, "--grader", str(grader), "--eval-samples", "2", "--reasoning-effort", "low")

    made = shell.run(*graded, "--validation-file", str(prompts), "--no-preflight")
    shown = shell.run("jobs", "show", made.output.strip()).output
    assert "method\treinforcement" in shown
    assert "eval samples\t2" in shown
    assert "compute multiplier\tauto" in shown
    assert "reasoning effort\tlow" in shown
    assert "held-out prompts" in words(shell.run(*graded).stderr)
    assert "needs --grader FILE" in words(shell.run(*job).stderr)
    grader.write_text("[]")
    assert "holds no JSON object" in words(shell.run(*graded).stderr)
    other = shell.run("jobs", "create", str(prompts), "--grader", str(grader))
    assert "--grader goes with --method reinforcement" in words(other.stderr)


def test_a_file_that_is_not_there_is_told(shell: Shell):
    result = shell.run("files", "upload", "nowhere.jsonl")
    assert result.exit_code == 1
    assert "File not found: nowhere.jsonl" in words(result.stderr)


def test_without_an_address_nothing_is_sent_to_anyone():
    result = run("files", "list")
    assert result.exit_code == 1
    assert "OPENAI_BASE_URL is not set" in words(result.stderr)


def test_without_a_key_the_way_to_one_is_told():
    result = run("files", "list", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert result.exit_code == 1
    assert "OPENAI_API_KEY is not set" in words(result.stderr)


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    result = run("jobs", "list", OPENAI_BASE_URL="http://127.0.0.1:9/v1", OPENAI_API_KEY="sk-test")
    assert result.exit_code == 1
    assert "Start one with 'understudy serve'." in words(result.stderr)
