"""`understudy evals run` as the gate of a build, against a real server and a real runner."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
import yaml

from tests.api.evals.eval_runner import running_runner
from tests.api.harness import RunningServer, running_server
from tests.unit.cli.evals.test_commands import imported, rows
from tests.unit.cli.support import words
from tests.unit.cli.test_first_steps import Shell
from tests.unit.evals.exchange.test_exchange import CRITERION, EXPORTED
from understudy.cli.evals import tables
from understudy.cli.evals.gate import Decision, enough_passed, not_worse
from understudy.cli.evals.junit import junit_xml
from understudy.cli.main import app

ROOT = Path(__file__).parent.parent.parent.parent.parent
WORKFLOW = ROOT / "docs" / "evals_in_ci.yml"
RAISES = {
    "type": "python",
    "name": "strict",
    "source": "def grade(sample, item):\n    return 1 / item['divisor']\n",
}


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
    return imported(shell, tmp_path, EXPORTED)


def counts(**values: int) -> dict[str, int]:
    return {"passed": 0, "failed": 0, "errored": 0, "total": 10, **values}


def comparison(verdict: str, difference: float) -> dict[str, Any]:
    return {"verdict": verdict, "overall": {"difference": difference}, "sentence": "So it is."}


def test_exactly_the_share_that_is_asked_for_passes():
    assert enough_passed(counts(passed=9, failed=1), 0.9).decision is Decision.PASSED
    assert enough_passed(counts(passed=8, failed=2), 0.9).decision is Decision.FAILED


def test_errored_items_that_could_turn_the_result_leave_it_undecided():
    found = enough_passed(counts(passed=8, errored=2), 0.9)
    assert found.decision is Decision.UNDECIDED
    assert "2 errored" in found.message
    # Not even with all of them passed would it be enough.
    assert enough_passed(counts(passed=7, failed=2, errored=1), 0.9).decision is Decision.FAILED
    assert enough_passed(counts(total=0), 0.5).decision is Decision.FAILED


def test_a_loss_within_the_margin_passes_as_does_one_that_is_not_proved():
    assert not_worse(comparison("worse", -0.03), 0.02).decision is Decision.FAILED
    assert not_worse(comparison("worse", -0.01), 0.02).decision is Decision.PASSED
    assert not_worse(comparison("cannot_tell", -0.3), 0.0).decision is Decision.PASSED


def test_a_run_that_passes_enough_ends_with_0_and_one_that_does_not_with_3(
    shell: Shell, eval_id: str, tmp_path: Path
):
    data = rows(tmp_path, "p" * 9 + "f")
    good = shell.run("evals", "run", eval_id, data, "--fail-under", "0.9")
    assert good.exit_code == 0, good.output
    assert "fail-under passed: 9 of 10 items passed" in words(good.output)
    bad = shell.run("evals", "run", eval_id, data, "--fail-under", "0.95")
    assert bad.exit_code == 3
    assert "but at least 95.0 % are required" in words(bad.output)


def test_json_is_all_that_is_printed_and_says_what_the_exit_code_says(
    shell: Shell, eval_id: str, tmp_path: Path
):
    base = json.loads(
        shell.run("evals", "run", eval_id, rows(tmp_path, "p" * 10), "--watch", "--json").stdout
    )
    assert base["run"]["status"] == "completed"
    worse = shell.run(
        *("evals", "run", eval_id, rows(tmp_path, "f" * 9 + "p"), "--json"),
        *("--fail-if-worse-than", base["run"]["id"], "--margin", "0.5", "--fail-under", "0.1"),
    )
    found = json.loads(worse.stdout)
    assert worse.exit_code == found["exit_code"] == 3
    assert [check["decision"] for check in found["checks"]] == ["passed", "failed"]
    assert found["comparison"]["verdict"] == "worse"
    within = shell.run(
        *("evals", "run", eval_id, rows(tmp_path, "f" * 9 + "p"), "--json"),
        *("--fail-if-worse-than", base["run"]["id"], "--margin", "0.95"),
    )
    assert within.exit_code == 0


def test_a_run_on_other_data_cannot_be_held_against_the_base(
    shell: Shell, eval_id: str, tmp_path: Path
):
    base = json.loads(
        shell.run("evals", "run", eval_id, rows(tmp_path, "pp"), "--watch", "--json").stdout
    )["run"]["id"]
    other = shell.run("evals", "run", eval_id, rows(tmp_path, "ppp"), "--fail-if-worse-than", base)
    assert other.exit_code == 4
    assert "not about the same data" in words(other.output)


def test_the_base_has_to_be_a_run_of_the_same_eval_before_anything_is_run(
    shell: Shell, eval_id: str, tmp_path: Path
):
    other_eval = imported(shell, tmp_path, EXPORTED)
    data = rows(tmp_path, "p")
    base = json.loads(shell.run("evals", "run", other_eval, data, "--json").stdout)["run"]["id"]
    result = shell.run("evals", "run", eval_id, data, "--fail-if-worse-than", base)
    assert result.exit_code == 1
    assert f"is a run of {other_eval}" in words(result.output)
    assert shell.run("evals", "runs", eval_id).output == ""


@pytest.mark.parametrize(
    "options",
    [
        ("--fail-under", "90"),
        ("--margin", "0.1"),
        ("--margin", "-1", "--fail-if-worse-than", "x"),
        ("--junit", "/nowhere/at/all.xml"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    shell: Shell, eval_id: str, tmp_path: Path, options: tuple[str, ...]
):
    result = shell.run("evals", "run", eval_id, rows(tmp_path, "p"), *options)
    assert result.exit_code == 2, result.output


def test_junit_has_every_item_with_its_reason(shell: Shell, tmp_path: Path):
    criteria = [{**CRITERION, "id": "exact-5c1ea33c-3f38-4f5c-8c6b-0d9f61d9ab12"}, RAISES]
    eval_id = imported(shell, tmp_path, {**EXPORTED, "testing_criteria": criteria})
    data = tmp_path / "data.jsonl"
    answers = (("a<b&\u0000\u001b", 1), ("wrong", 1), ("a<b&\u0000\u001b", 0))
    lines = [
        {
            "item": {"answer": "a<b&\u0000\u001b", "divisor": divisor},
            "sample": {"output_text": text},
        }
        for text, divisor in answers
    ]
    data.write_text("\n".join(map(json.dumps, lines)))
    report = tmp_path / "report.xml"
    result = shell.run(
        "evals", "run", eval_id, str(data), "--junit", str(report), "--fail-under", "0.9"
    )
    assert result.exit_code == 3, result.output
    root = ElementTree.parse(report).getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "1")
    items, gate = root.findall("testsuite")
    assert items.get("name") == "Ticket routing"
    passed, failed, errored = items.findall("testcase")
    assert len(passed) == 0
    failure = failed.find("failure")
    assert failure is not None
    assert failure.get("message") == "exact: score 0"
    assert "completion: wrong" in (failure.text or "")
    error = errored.find("error")
    assert error is not None
    assert "ZeroDivisionError" in str(error.get("message"))
    assert gate.findall("testcase/failure")[0].get("message", "").startswith("1 of 3 items passed")


def test_a_run_that_failed_is_an_error_in_the_report():
    run = {
        **{"id": "evalrun_1", "eval_id": "eval_1", "model": "m", "created_at": 0},
        **{
            "status": "failed",
            "report_url": "http://x",
            "error": {"message": "The model is gone."},
        },
    }
    root = ElementTree.fromstring(junit_xml("E", run, [], []))
    assert root.get("errors") == "1"
    assert root.findall(".//error")[0].get("message") == "The model is gone."


def test_the_example_workflow_runs_a_command_that_exists():
    workflow = yaml.safe_load(WORKFLOW.read_text())
    steps = workflow["jobs"]["evals"]["steps"]
    line = next(step["run"] for step in steps if "evals run" in step.get("run", ""))
    arguments = shlex.split(line.partition(">")[0])
    assert arguments[:3] == ["understudy", "evals", "run"]
    command = typer.main.get_command(app)
    for name in ("evals", "run"):
        command = command.commands[name]  # type: ignore[attr-defined]
    context = command.make_context("run", arguments[3:], resilient_parsing=False)
    assert context.params["fail_under"] == 0.9
    assert context.params["margin"] == 0.02
    assert str(context.params["junit"]) == "evals.xml"
