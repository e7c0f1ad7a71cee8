"""`understudy evals` against a real server and a real runner; only the engine is scripted."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.api.evals.eval_runner import running_runner
from tests.api.harness import BASE, RunningServer, running_server
from tests.unit.cli.support import words
from tests.unit.cli.test_first_steps import Shell
from tests.unit.evals.exchange.test_exchange import EXPORTED
from understudy.cli.evals import tables


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running, running_runner(running):
        yield running


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_POLL_SECONDS", 0.02)


@pytest.fixture
def shell(server: RunningServer) -> Shell:
    return Shell(server)


@pytest.fixture
def eval_id(shell: Shell, tmp_path: Path) -> str:
    """An eval that was imported as OpenAI returned it."""
    return imported(shell, tmp_path, EXPORTED)


def imported(shell: Shell, tmp_path: Path, value: object) -> str:
    path = tmp_path / "import.json"
    path.write_text(json.dumps(value))
    result = shell.run("evals", "import", str(path))
    assert result.exit_code == 0, result.output
    return result.output.strip()


def rows(tmp_path: Path, marks: str, *, has_answers: bool = True) -> str:
    """A file with one row a letter, whose answer is right at p."""
    made = []
    for number, mark in enumerate(marks):
        row: dict[str, object] = {"item": {"answer": f"a{number}"}}
        if has_answers:
            row["sample"] = {"output_text": f"a{number}" if mark == "p" else "b"}
        made.append(json.dumps(row))
    path = tmp_path / f"{marks}.jsonl"
    path.write_text("\n".join(made))
    return str(path)


def graded(shell: Shell, tmp_path: Path, eval_id: str, marks: str) -> str:
    result = shell.run("evals", "run", eval_id, rows(tmp_path, marks), "--watch")
    assert result.exit_code == 0, result.output
    return result.output.splitlines()[0]


def test_an_eval_is_imported_listed_exported_and_deleted(shell: Shell, tmp_path: Path):
    eval_id = imported(shell, tmp_path, EXPORTED)
    listed = shell.run("evals", "list").output.split("\t")
    assert listed[:3] == [eval_id, "Ticket routing", "exact"]
    exported = tmp_path / "eval.jsonl"
    shell.run("evals", "export", eval_id, "--output", str(exported))
    again = shell.run("evals", "import", str(exported), "--name", "Again").output.strip()
    listed_again = shell.run("evals", "list").output.splitlines()[1].split("\t")
    assert listed_again[:2] == [again, "Again"]
    assert "Deleted eval_" in shell.run("evals", "delete", eval_id).output


def test_a_run_is_watched_to_its_end_and_exported(shell: Shell, eval_id: str, tmp_path: Path):
    run_id = graded(shell, tmp_path, eval_id, "ppf")
    watched = shell.run("evals", "watch", run_id).output
    assert "passed\t2 of 3" in watched
    assert f"/evals/{eval_id}/runs/{run_id}" in watched
    assert shell.run("evals", "runs", eval_id).output.split("\t")[3] == "2 of 3"
    lines = [json.loads(line) for line in shell.run("evals", "export", eval_id).output.splitlines()]
    assert [line["type"] for line in lines] == ["eval", "run", *["output_item"] * 3]
    assert lines[4]["output_item"]["status"] == "fail"


def test_a_model_is_asked_and_the_run_becomes_a_promptfoo_configuration(
    server: RunningServer, shell: Shell, eval_id: str, tmp_path: Path
):
    server.engine.says("a0", "a0")
    data = rows(tmp_path, "pp", has_answers=False)
    asked = shell.run(
        *("evals", "run", eval_id, data, "--model", BASE, "--prompt", "Say {{ item.answer }}"),
        *("--system", "Be brief.", "--max-tokens", "5", "--name", "first", "--watch"),
    )
    assert asked.exit_code == 0, asked.output
    assert "passed\t1 of 2" in asked.output
    config = yaml.safe_load(shell.run("evals", "export", eval_id, "--format", "promptfoo").output)
    assert config["providers"][0]["id"] == f"openai:chat:{BASE}"
    assert "Say {{ item.answer }}" in config["prompts"][0]
    assert [test["vars"]["item"]["answer"] for test in config["tests"]] == ["a0", "a1"]
    assert config["defaultTest"]["assert"][0]["type"] == "equals"


def test_two_runs_are_compared(shell: Shell, eval_id: str, tmp_path: Path):
    # The same rows with other answers: the file differs, the items do not.
    base = graded(shell, tmp_path, eval_id, "f" * 10)
    tuned = graded(shell, tmp_path, eval_id, "p" * 9 + "f")
    result = shell.run("evals", "compare", base, tuned)
    assert result.exit_code == 0, result.output
    assert "The candidate is better: 0.0 % before, 90.0 % after" in words(result.output)
    assert "baseline failed\t9\t1" in result.output
    assert "\nexact\t0.0 % of 10\t90.0 % of 10" in result.output
    found = json.loads(shell.run("evals", "compare", base, tuned, "--json").output)
    assert found["verdict"] == "better"


def test_several_runs_are_compared_with_the_first(shell: Shell, eval_id: str, tmp_path: Path):
    base = graded(shell, tmp_path, eval_id, "f" * 12)
    others = [graded(shell, tmp_path, eval_id, marks) for marks in ("p" * 11 + "f", "f" * 12)]
    result = shell.run("evals", "compare", base, *others)
    assert result.exit_code == 0, result.output
    assert "\tbetter" in result.output
    assert "The candidate is better: 0.0 % before, 91.7 % after" in words(result.output)
    every = shell.run("evals", "compare", base, *others, "--every-pair", "--json")
    assert len(json.loads(every.output)["comparisons"]) == 3


def test_the_common_part_is_compared_when_that_is_wanted(
    shell: Shell, eval_id: str, tmp_path: Path
):
    base = graded(shell, tmp_path, eval_id, "f" * 10)
    tuned = graded(shell, tmp_path, eval_id, "p" * 12)
    refused = shell.run("evals", "compare", base, tuned)
    assert refused.exit_code == 1
    assert "common=true" in words(refused.output)
    result = shell.run("evals", "compare", base, tuned, "--common", "--margin", "0.1")
    assert "10 items that both runs have" in words(result.output)


def test_runs_of_different_evals_are_not_compared(shell: Shell, eval_id: str, tmp_path: Path):
    base = graded(shell, tmp_path, eval_id, "p")
    other = graded(shell, tmp_path, imported(shell, tmp_path, EXPORTED), "p")
    result = shell.run("evals", "compare", base, other)
    assert result.exit_code == 1
    assert "different evals" in words(result.output)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--prompt", "x"), "add --model"),
        (("--model", "m"), "Add either --prompt"),
        (("--model", "m", "--messages", "item.input", "--system", "x"), "--system needs"),
    ],
)
def test_half_a_question_is_refused(
    shell: Shell, eval_id: str, tmp_path: Path, options: tuple[str, ...], complaint: str
):
    result = shell.run("evals", "run", eval_id, rows(tmp_path, "p"), *options)
    assert result.exit_code == 1
    assert complaint in words(result.output)


def test_a_file_that_is_no_eval_is_refused(shell: Shell, tmp_path: Path):
    path = tmp_path / "x.json"
    for text, complaint in (("{}", "neither an eval"), ("{", "is not JSON")):
        path.write_text(text)
        result = shell.run("evals", "import", str(path))
        assert result.exit_code == 1
        assert complaint in words(result.output)


def test_a_run_is_cancelled(server: RunningServer, shell: Shell, eval_id: str, tmp_path: Path):
    run_id = graded(shell, tmp_path, eval_id, "p")
    result = shell.run("evals", "cancel", run_id)
    assert result.exit_code == 1
    assert 'already has status "completed"' in words(result.output)
