"""`understudy evals import` of what people kept, against a real server and a real runner."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import Result

from tests.api.evals.eval_runner import running_runner
from tests.api.harness import BASE, RunningServer, running_server
from tests.unit.cli.evals.test_commands import graded, rows
from tests.unit.cli.support import words
from tests.unit.cli.test_first_steps import Shell
from tests.unit.evals.exchange.test_exchange import CRITERION, EXPORTED
from understudy.cli.evals import tables

JUDGED = {
    "type": "score_model",
    "name": "kind",
    "model": "gpt-4o",
    "input": [{"role": "user", "content": "{{ sample.output_text }}"}],
    "range": [0, 1],
    "pass_threshold": 0.5,
    "id": "kind-0d9f61d9-5c1e-3f38-4f5c-8c6bab12ab12",
}
EXACT_ID = "exact-5c1ea33c-3f38-4f5c-8c6b-0d9f61d9ab12"
# As an older client wrote it: with `schema_`, and with an error of empty texts.
RUN = {
    "object": "eval.run",
    "id": "evalrun_1",
    "eval_id": EXPORTED["id"],
    "name": "gpt-4o-mini",
    "model": "gpt-4o-mini-2024-07-18",
    "status": "completed",
    "created_at": 1739314600,
    "report_url": "https://platform.openai.com/evaluations/eval_1?run_id=evalrun_1",
    "shared_with_openai": True,
    "metadata": {"by": "ada"},
    "data_source": {
        "type": "completions",
        "model": "gpt-4o-mini",
        "source": {"type": "file_id", "id": "file-1"},
        "input_messages": {"type": "item_reference", "item_reference": "item.q"},
        "sampling_params": {"response_format": {"json_schema": {"name": "x", "schema_": {}}}},
    },
    "result_counts": {"total": 2, "errored": 0, "failed": 1, "passed": 1},
    "per_model_usage": [
        {
            "model_name": "gpt-4o-mini",
            **{"invocation_count": 2, "prompt_tokens": 20, "completion_tokens": 4},
            **{"cached_tokens": 0, "total_tokens": 24},
        }
    ],
    "per_testing_criteria_results": [
        {"testing_criteria": EXACT_ID, "passed": 1, "failed": 1},
    ],
    "error": {"code": "", "message": ""},
}


def item(number: int, *, is_right: bool, **changes: object) -> dict[str, Any]:
    return {
        "object": "eval.run.output_item",
        "id": f"outputitem_{number}",
        "run_id": "evalrun_1",
        "eval_id": EXPORTED["id"],
        "created_at": 1739314700 + number,
        "status": "pass" if is_right else "fail",
        "datasource_item_id": number,
        "datasource_item": {"answer": f"a{number}"},
        "results": [
            {
                **{"name": EXACT_ID, "type": "string-check-grader", "score": float(is_right)},
                **{"passed": is_right, "sample": None},
            }
        ],
        "sample": {
            "input": [{"role": "user", "content": "q?"}],
            "output": [{"role": "assistant", "content": f"a{number}" if is_right else "b"}],
            "finish_reason": "stop",
            "model": "gpt-4o-mini",
            "usage": {"total_tokens": 12, "completion_tokens": 2, "prompt_tokens": 10},
            **{"error": None, "temperature": 0.0, "top_p": 1.0, "seed": 42},
        },
        **changes,
    }


ITEMS = [item(0, is_right=True), item(1, is_right=False)]


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


def write(directory: Path, name: str, value: object) -> str:
    path = directory / name
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return str(path)


def export(shell: Shell, eval_id: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shell.run("evals", "export", eval_id).output.splitlines()]


def evals(shell: Shell) -> list[str]:
    return [line.split("\t")[0] for line in shell.run("evals", "list").output.splitlines()]


def imported(shell: Shell, *arguments: str) -> str:
    result = shell.run("evals", "import", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def refused(shell: Shell, *arguments: str) -> Result:
    """An import that would lose something: it imports nothing and ends with 1."""
    before = evals(shell)
    result = shell.run("evals", "import", *arguments)
    assert result.exit_code == 1, result.output
    assert "Add --partial" in words(result.output)
    assert evals(shell) == before
    return result


LANGFUSE = {
    "eval": EXPORTED,
    "rows": [{"answer": "a0"}, {"answer": "a1"}, {"answer": "never run"}],
    "runs": [{"run": RUN, "output_items": ITEMS}],
}


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("array.json", [EXPORTED], 1),
        ("page.json", {"object": "list", "data": [EXPORTED], "has_more": False}, 1),
        ("two.jsonl", f"{json.dumps(EXPORTED)}\n\n{json.dumps({**EXPORTED, 'name': 'B'})}\n", 2),
        ("same.json", [EXPORTED, EXPORTED], 1),
        ("bom.json", "\ufeff" + json.dumps(EXPORTED), 1),
        ("bundle.json", LANGFUSE, 1),
        ("request.json", {k: EXPORTED[k] for k in ("data_source_config", "testing_criteria")}, 1),
        (
            "logs.json",
            {
                **EXPORTED,
                "data_source_config": {"type": "logs", "metadata": {"use": "chat"}},
                "testing_criteria": [{**CRITERION, "reference": "x"}],
            },
            1,
        ),
    ],
)
def test_every_form_in_which_evals_are_kept_is_imported(
    shell: Shell, tmp_path: Path, name: str, value: object, count: int
):
    made = imported(shell, write(tmp_path, name, value)).splitlines()
    assert made == evals(shell)
    assert len(made) == count


def test_the_import_of_an_export_is_the_same_field_by_field(shell: Shell, tmp_path: Path):
    eval_id = imported(shell, write(tmp_path, "eval.json", EXPORTED))
    graded(shell, tmp_path, eval_id, "ppf")
    graded(shell, tmp_path, eval_id, "f")
    before = export(shell, eval_id)
    again = imported(shell, write(tmp_path, "e.jsonl", "\n".join(map(json.dumps, before))))
    after = export(shell, again)
    ours = {"id", "eval_id", "run_id", "report_url", "imported"}
    assert len(after) == len(before) == 1 + 2 + 4
    for one, other in zip(before, after, strict=True):
        kind = one["type"]
        assert other["type"] == kind
        old, new = one[kind], other[kind]
        assert old.keys() == new.keys()
        for field in old.keys() - ours:
            assert new[field] == old[field], (kind, field)
        if kind != "output_item":
            assert new["imported"]["id"] == old["id"]
            assert (new["imported"]["source"], new["imported"]["file"]) == ("understudy", "e.jsonl")
    # Where an import was imported from is not forgotten either.
    assert after[0]["eval"]["imported"]["fields"]["imported"]["id"] == EXPORTED["id"]


def test_a_run_of_openai_becomes_history_that_can_be_looked_at_and_compared(
    shell: Shell, tmp_path: Path
):
    files = [
        write(tmp_path, "items.json", {"object": "list", "data": ITEMS[::-1], "has_more": False}),
        write(tmp_path, "runs.json", [RUN]),
        write(tmp_path, "eval.json", EXPORTED),
    ]
    eval_id = imported(shell, *files)
    _, run, first, second = (line[line["type"]] for line in export(shell, eval_id))
    expected = {k: v for k, v in RUN.items() if k not in ("id", "eval_id", "report_url", "error")}
    expected.pop("shared_with_openai")
    params = {"response_format": {"json_schema": {"name": "x", "schema": {}}}}
    expected["data_source"] = {**RUN["data_source"], "sampling_params": params}  # type: ignore[dict-item]
    assert {k: run[k] for k in expected} == expected
    assert run["error"] is None
    assert run["imported"]["id"] == "evalrun_1"
    assert run["imported"]["fields"] == {
        "report_url": RUN["report_url"],
        "shared_with_openai": True,
    }
    kept = ("created_at", "status", "datasource_item_id", "datasource_item", "results", "sample")
    for made, given in ((first, ITEMS[0]), (second, ITEMS[1])):
        assert {k: made[k] for k in kept} == {k: given[k] for k in kept}
    shown = shell.run("evals", "watch", run["id"]).output
    assert "imported\tevalrun_1 (openai, runs.json)" in shown
    # The same data run here, and held against what was.
    here = graded(shell, tmp_path, eval_id, "pp")
    compared = json.loads(shell.run("evals", "compare", run["id"], here, "--json").output)
    assert compared["overall"]["flips"] == {"improved": 1, "regressed": 0, "both": 1, "neither": 0}
    cancelled = shell.run("evals", "cancel", run["id"])
    assert 'already has status "completed"' in words(cancelled.output)


def test_rows_that_no_run_has_are_uploaded_and_can_be_run(shell: Shell, tmp_path: Path):
    result = shell.run("evals", "import", write(tmp_path, "bundle.json", LANGFUSE))
    eval_id, file_id = result.stdout.strip(), words(result.stderr).rpartition(" ")[2]
    content = shell.run("files", "content", file_id).output
    assert json.loads(content) == {"item": {"answer": "never run"}}
    ran = shell.run("evals", "run", eval_id, file_id)
    assert "has no 'sample' to be graded" in words(ran.output)


def test_a_judge_that_is_gone_switches_its_criterion_off_and_never_passes(
    shell: Shell, tmp_path: Path
):
    value = {**EXPORTED, "testing_criteria": [*EXPORTED["testing_criteria"], JUDGED]}  # type: ignore[misc]
    past = {**RUN, "per_testing_criteria_results": []}
    both = [
        item(
            number,
            is_right=True,
            results=[
                {"name": EXACT_ID, "type": "string_check", "score": 1.0, "passed": True},
                {"name": JUDGED["id"], "type": "score_model", "score": 0.1, "passed": False},
            ],
            status="fail",
        )
        for number in (0, 1)
    ]
    past["result_counts"] = {"total": 2, "errored": 0, "failed": 2, "passed": 0}
    path = write(tmp_path, "e.jsonl", "\n".join(map(json.dumps, [value, past, *both])))
    result = shell.run("evals", "import", path)
    assert result.exit_code == 0, result.output
    assert "Switched off: kind: The model `gpt-4o` does not exist" in words(result.stderr)
    eval_id = result.stdout.strip()
    owner, old = (line[line["type"]] for line in export(shell, eval_id)[:2])
    assert "gpt-4o" in owner["testing_criteria"][1]["switched_off"]
    assert shell.run("evals", "list").output.split("\t")[2] == "exact, kind (off)"
    here = graded(shell, tmp_path, eval_id, "pp")
    run = next(
        line["run"]
        for line in export(shell, eval_id)
        if line["type"] == "run" and line["run"]["id"] == here
    )
    assert [each["testing_criteria"] for each in run["per_testing_criteria_results"]] == [EXACT_ID]
    shown = shell.run("evals", "watch", here).output
    assert "kind\tswitched off" in shown
    # Not better: the criterion that failed is not asked any more.
    compared = json.loads(shell.run("evals", "compare", old["id"], here, "--json").output)
    assert compared["overall"]["flips"] == {"improved": 0, "regressed": 0, "both": 2, "neither": 0}
    assert compared["sentence"].endswith("Without kind, by which not every run was judged.")


def test_another_judge_can_be_named_and_one_that_nobody_asks_cannot(shell: Shell, tmp_path: Path):
    path = write(tmp_path, "e.json", {**EXPORTED, "testing_criteria": [JUDGED]})
    eval_id = imported(shell, path, "--judge", f"gpt-4o={BASE}")
    criterion = export(shell, eval_id)[0]["eval"]["testing_criteria"][0]
    assert (criterion["model"], "switched_off" in criterion) == (BASE, False)
    result = shell.run("evals", "import", path, "--judge", f"gpt-4={BASE}")
    assert result.exit_code == 1
    assert "No grader in the files asks the model 'gpt-4'" in words(result.output)
    assert shell.run("evals", "import", path, "--judge", "gpt-4o").exit_code == 2


def test_a_judge_that_does_not_exist_here_either_is_a_mistake(shell: Shell, tmp_path: Path):
    path = write(tmp_path, "e.json", {**EXPORTED, "testing_criteria": [JUDGED]})
    before = shell.run("evals", "list").output
    result = shell.run("evals", "import", path, "--judge", "gpt-4o=gpt-5")
    assert result.exit_code == 1
    assert "--judge names the model 'gpt-5', which does not exist here" in words(result.output)
    assert shell.run("evals", "list").output == before


def test_with_all_criteria_switched_off_there_is_nothing_to_run(shell: Shell, tmp_path: Path):
    eval_id = imported(shell, write(tmp_path, "e.json", {**EXPORTED, "testing_criteria": [JUDGED]}))
    result = shell.run("evals", "run", eval_id, rows(tmp_path, "p"))
    assert result.exit_code == 1
    assert "All criteria" in words(result.output)


@pytest.mark.parametrize(
    ("value", "left_out"),
    [
        ({**EXPORTED, "testing_criteria": [{"name": "e", "type": "endpoint"}]}, "type 'endpoint'"),
        (
            {**EXPORTED, "testing_criteria": [{**CRITERION, "volume": 11}]},
            "x.json, testing_criteria[0].volume: this field is not known here",
        ),
        ([EXPORTED, {"id": "evalrun_1", "object": "eval.run"}], "[1]: the run has no status"),
        ([EXPORTED, {**RUN, "id": ["x"]}], "the run has no id"),
        ([EXPORTED, {**RUN, "status": "in_progress"}], "the run is 'in_progress'"),
        ([EXPORTED, RUN, ITEMS[0]], "counts 2 finished output items, but 1 are imported"),
        ([EXPORTED, {**RUN, "eval_id": "eval_2"}], "the run is of eval_2, which is not imported"),
        ([EXPORTED, ITEMS[0]], "1 output items of evalrun_1, which is not in the files"),
        ([EXPORTED, RUN, *ITEMS, {**ITEMS[1], "note": "x"}], "note: this field is not known here"),
        (
            [EXPORTED, RUN, *ITEMS, item(1, is_right=True)],
            "two different output items have the datasource_item_id 1",
        ),
        (
            [EXPORTED, RUN, ITEMS[0], item(1, is_right=False, datasource_item=None)],
            "x.json, [3]: the output item cannot be taken: datasource_item",
        ),
        (
            [EXPORTED, RUN, ITEMS[0], item(1, is_right=False, results=[{"name": "tone"}])],
            "x.json, [3], results[0]: the result is of 'tone', which is no criterion",
        ),
        ({"object": "list", "data": [EXPORTED], "has_more": True}, "the list continues"),
        ({"eval": EXPORTED, "runs": [], "notes": "x"}, "x.json, notes: this field"),
        ({**EXPORTED, "metadata": {"n": 1}}, "x.json, metadata.n: its value is not a text"),
        ([EXPORTED, 3], "x.json, [1]: this is neither an eval"),
        ({"item": {"answer": "a"}}, "give the file to 'understudy evals run'"),
    ],
)
def test_what_cannot_be_taken_is_named_and_only_partial_imports_the_rest(
    shell: Shell, tmp_path: Path, value: object, left_out: str
):
    path = write(tmp_path, "x.json", value)
    assert left_out in words(refused(shell, path).output)
    result = shell.run("evals", "import", path, "--partial")
    assert left_out in words(result.output)
    if value == {"item": {"answer": "a"}}:
        assert result.exit_code == 1
    else:
        assert result.exit_code == 0, result.output
        assert len(evals(shell)) == 1


def test_a_bad_line_among_good_ones_is_named(shell: Shell, tmp_path: Path):
    path = write(tmp_path, "x.jsonl", f"{json.dumps(EXPORTED)}\n{{oops\n")
    assert "x.jsonl, line 2: the line is not JSON" in words(refused(shell, path).output)


def test_what_the_server_refuses_leaves_nothing_of_the_import(shell: Shell, tmp_path: Path):
    tampered = {**EXPORTED, "data_source_config": {"type": "custom", "schema": {"type": "object"}}}
    result = shell.run("evals", "import", write(tmp_path, "x.json", tampered))
    assert result.exit_code == 1
    assert "it describes no object with an 'item'" in words(result.output)
    assert evals(shell) == []


def test_a_configuration_of_promptfoo_becomes_an_eval_with_its_rows(shell: Shell, tmp_path: Path):
    config = {
        "description": "Capitals",
        "prompts": ["What is the capital of {{country}}?"],
        "providers": ["openai:chat:gpt-4o-mini"],
        "defaultTest": {
            "assert": [
                {"type": "icontains", "value": "{{ capital }}"},
                {"type": "python", "value": "len(output) < 20", "metric": "short"},
                {"type": "not-contains", "value": "sorry"},
                {"type": "llm-rubric", "value": "It names the capital of {{country}}."},
            ]
        },
        "tests": [
            {
                "vars": {"country": country, "capital": capital},
                "assert": [{"type": "equals", "value": answer}],
            }
            for country, capital, answer in (
                ("France", "paris", "Paris"),
                ("Japan", "tokyo", "Tokyo"),
            )
        ],
    }
    path = write(tmp_path, "promptfooconfig.yaml", yaml.safe_dump(config))
    result = shell.run("evals", "import", path)
    assert result.exit_code == 0, result.output
    assert "Switched off: llm-rubric" in result.stderr
    eval_id, file_id = result.stdout.strip(), words(result.stderr).rpartition(" ")[2]
    owner = export(shell, eval_id)[0]["eval"]
    assert owner["imported"]["fields"]["prompts"] == config["prompts"]
    assert owner["imported"]["fields"]["providers"] == config["providers"]
    lines = shell.run("files", "content", file_id).output.splitlines()
    items = [json.loads(line)["item"] for line in lines]
    assert items[0] == {"country": "France", "capital": "paris", "expected": "Paris"}
    answers = tmp_path / "answers.jsonl"
    said = ("Paris", "I am sorry, Tokyo is what I do not know.")
    answers.write_text(
        "\n".join(
            json.dumps({"item": one, "sample": {"output_text": text}})
            for one, text in zip(items, said, strict=True)
        )
    )
    ran = shell.run("evals", "run", eval_id, str(answers), "--watch")
    assert ran.exit_code == 0, ran.output
    for line in ("icontains\t2 of 2", "short\t1 of 2", "not-contains\t1 of 2", "equals\t1 of 2"):
        assert line in ran.output


def test_our_own_export_to_promptfoo_comes_back_and_what_it_cannot_say_is_named(
    shell: Shell, tmp_path: Path
):
    eval_id = imported(shell, write(tmp_path, "eval.json", EXPORTED))
    graded(shell, tmp_path, eval_id, "pf")
    text = shell.run("evals", "export", eval_id, "--format", "promptfoo").output
    back = shell.run("evals", "import", write(tmp_path, "p.yaml", text))
    assert back.exit_code == 0, back.output
    file_id = words(back.stderr).rpartition(" ")[2]
    ran = shell.run("evals", "run", back.stdout.strip(), file_id, "--watch")
    assert "passed\t1 of 2" in ran.output
    odd = {
        "prompts": ["{{ q }}"],
        "tests": [
            {"vars": {"q": "a"}, "assert": [{"type": "latency", "threshold": 5}]},
            {"vars": {"q": "b"}, "options": {"transform": "output.trim()"}},
        ],
        "defaultTest": {"assert": [{"type": "equals", "value": "{{ q | upper }}"}]},
    }
    named = words(refused(shell, write(tmp_path, "odd.yaml", yaml.safe_dump(odd))).output)
    for place in ("tests[0], assert[0]", "tests[1], options", "defaultTest.assert[0]"):
        assert f"odd.yaml, {place}: " in named
