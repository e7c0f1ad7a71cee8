"""The graders of a run beside human labels, over HTTP and by the command."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import APIError, OpenAI

from tests.api.evals.eval_requests import jsonl, make_eval, run_to_end
from tests.api.evals.eval_runner import running_runner
from tests.api.harness import BASE, RunningServer
from tests.unit.cli.support import run, words

SCHEMA = {
    "type": "object",
    "properties": {"question": {}, "answer": {}, "label": {}},
    "required": ["question"],
}
CONFIG = {"type": "custom", "item_schema": SCHEMA, "include_sample_schema": True}
JUDGE = {
    "type": "label_model",
    "name": "tone",
    "model": BASE,
    "input": [{"role": "user", "content": "{{ sample.output_text }}"}],
    "labels": ["warm", "cold", "neutral"],
    "passing_labels": ["warm"],
}


@pytest.fixture(scope="module", autouse=True)
def _runner(server: RunningServer) -> Iterator[None]:
    with running_runner(server):
        yield


def labelled(said: str, label: object) -> dict[str, object]:
    item = {"question": "?", "answer": "Oslo", "label": label}
    return {"item": item, "sample": {"output_text": said}}


def agreement(client: OpenAI, run, **query: str):
    path = f"/x/evals/{run.eval_id}/runs/{run.id}/agreement"
    return client.get(path, cast_to=object, options={"params": query})


def test_verdicts_are_compared_with_pass_and_fail(client: OpenAI):
    made = make_eval(client, data_source_config=CONFIG)
    rows = [
        labelled("Oslo", True),
        labelled("Oslo", "pass"),
        labelled("Rome", "Fail"),
        labelled("oslo", "pass"),
        labelled("Rome", None),
    ]
    ended = run_to_end(client, made.id, jsonl(*rows))
    found = agreement(client, ended)
    assert (found["run_id"], found["label"], found["unlabelled"]) == (ended.id, "label", 1)
    (each,) = found["criteria"]
    assert each["labels"] == ["pass", "fail"]
    assert each["confusion"] == [[2, 1], [0, 1]]
    assert (each["agreed"], each["total"], each["errored"]) == (3, 4, 0)
    assert each["kappa"] == pytest.approx(0.5)
    assert each["kappa_interval"]["low"] < 0.5 < each["kappa_interval"]["high"]
    (odd,) = each["disagreements"]
    assert (odd["datasource_item_id"], odd["human"], odd["grader"]) == (3, "pass", "fail")


def test_a_judges_labels_are_compared_one_by_one_and_errors_left_out(
    server: RunningServer, client: OpenAI
):
    # One item at a time, so that each answer belongs to its row.
    made = make_eval(client, data_source_config=CONFIG, testing_criteria=[JUDGE])
    confusion = []
    for human, said in (("warm", "warm"), ("cold", "neutral"), ("cold", None)):
        server.engine.says("no JSON" if said is None else f'{{"steps": [], "result": "{said}"}}')
        ended = run_to_end(client, made.id, jsonl(labelled("Hello", human)))
        (each,) = agreement(client, ended)["criteria"]
        confusion.append((each["labels"], each["confusion"], each["errored"]))
    labels = ["warm", "cold", "neutral"]
    assert confusion == [
        (labels, [[1, 0, 0], [0, 0, 0], [0, 0, 0]], 0),
        (labels, [[0, 0, 0], [0, 0, 1], [0, 0, 0]], 0),
        (labels, [[0, 0, 0], [0, 0, 0], [0, 0, 0]], 1),
    ]


@pytest.mark.parametrize(
    ("label", "query", "code", "why"),
    [
        (0.7, {}, "invalid_label", "is '0.7'; labels are true, false"),
        (1, {}, "invalid_label", "is '1'"),
        ("good", {}, "invalid_label", "The label of item 0 in its field 'label' is 'good'"),
        (None, {}, "no_labels", "No item of this run has a label in its field 'label'"),
        (True, {"label": "human"}, "no_labels", "field 'human'"),
    ],
)
def test_labels_that_are_none_are_refused(
    client: OpenAI, label: object, query: dict[str, str], code: str, why: str
):
    made = make_eval(client, data_source_config=CONFIG)
    ended = run_to_end(client, made.id, jsonl(labelled("Oslo", label)))
    with pytest.raises(APIError) as refused:
        agreement(client, ended, **query)
    assert (refused.value.status_code, refused.value.code) == (400, code)
    assert why in refused.value.message


CHECK = {
    "type": "string_check",
    "name": "exact",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}


def check(server: RunningServer, key: str, folder: Path, grader: object, *rows: object):
    (folder / "g.json").write_text(json.dumps(grader))
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run(
        *("evals", "judge-check", str(folder / "rows.jsonl"), "--grader", str(folder / "g.json")),
        OPENAI_BASE_URL=f"{server.url}/v1",
        OPENAI_API_KEY=key,
    )


def test_the_command_checks_a_grader_on_a_file(server: RunningServer, key: str, tmp_path: Path):
    rows = [labelled("Oslo", "pass"), labelled("Rome", "fail"), labelled("oslo", "pass")]
    checked = check(server, key, tmp_path, CHECK, *rows)
    assert checked.exit_code == 0
    said = words(checked.output)
    assert "The grader agrees with people on 2 of 3 items (66.7 %" in said
    assert "line 3: people pass, grader fail" in said
    assert checked.output.split("\n")[2:5] == [
        "\tgrader: pass\tgrader: fail",
        "people: pass\t1\t1",
        "people: fail\t0\t1",
    ]


def test_labels_that_are_none_are_refused_before_a_judge_is_asked(
    server: RunningServer, client: OpenAI, key: str, tmp_path: Path
):
    before = len(client.evals.list(limit=100).data)
    odd = check(server, key, tmp_path, JUDGE, labelled("Oslo", "warm"), labelled("Oslo", "tepid"))
    assert odd.exit_code == 1
    said = words(odd.output)
    assert "line 1" in said
    assert "is 'warm'; labels are true, false" in said
    assert "with all items one of warm, cold, neutral" in said
    none = check(server, key, tmp_path, JUDGE, labelled("Oslo", None))
    assert none.exit_code == 1
    assert "name the field with --label" in words(none.output)
    assert len(client.evals.list(limit=100).data) == before


def test_the_command_refuses_a_grader_that_sees_the_label(
    server: RunningServer, key: str, tmp_path: Path
):
    grader = {**CHECK, "reference": "{{ item.label }}"}
    refused = check(server, key, tmp_path, grader, labelled("Oslo", "pass"))
    assert refused.exit_code == 1
    assert "the very label that it is checked against" in words(refused.output)
    refused = check(server, key, tmp_path, {"type": "odd"}, labelled("Oslo", "pass"))
    assert refused.exit_code == 1
    refused = check(server, key, tmp_path, CHECK, {"item": {"answer": "Oslo"}})
    assert "label" in words(refused.output)
