"""Imported evals and runs by the official client: history that is listed, read and not changed."""

from typing import Any, cast

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.harness import RunningServer

SCHEMA = {
    "type": "object",
    "properties": {"item": {"type": "object", "properties": {"a": {"type": "string"}}}},
    "required": ["item"],
}
EVAL = {
    "imported": {"source": "openai", "id": "eval_old", "file": "old.json"},
    "name": "Old",
    "created_at": 1739314509,
    "data_source_config": {"type": "custom", "schema": SCHEMA},
    "testing_criteria": [
        {
            **{"id": "c-1b2", "name": "c", "type": "string_check", "operation": "eq"},
            **{"input": "{{ item.a }}", "reference": "x"},
        },
        {"id": "e-1", "name": "e", "type": "endpoint", "url": "https://x"},
    ],
}
ITEM = {
    "created_at": 1739314510,
    "status": "pass",
    "datasource_item_id": 7,
    "datasource_item": {"a": "x"},
    "results": [{"name": "c-1b2", "score": 1.0, "passed": True, "sample": None, "note": "kept"}],
    "sample": {"input": [], "output": [{"role": "assistant", "content": "x"}]},
}
RUN = {
    "imported": {"source": "openai", "id": "evalrun_old"},
    "status": "completed",
    "created_at": 1739314510,
    "data_source": {"type": "jsonl", "source": {"type": "file_id", "id": "file-gone"}},
    "result_counts": {"total": 1, "errored": 0, "failed": 0, "passed": 1},
    "output_items": [ITEM],
}


def post(client: OpenAI, path: str, body: object) -> dict[str, Any]:
    return cast("dict[str, Any]", client.post(path, cast_to=object, body=body))


def imported_eval(client: OpenAI) -> str:
    return post(client, "/x/evals/import", EVAL)["id"]


def test_an_imported_eval_and_its_run_are_listed_and_read(client: OpenAI):
    eval_id = imported_eval(client)
    run_id = post(client, f"/x/evals/{eval_id}/runs/import", RUN)["id"]
    assert client.evals.retrieve(eval_id).name == "Old"
    made = cast("dict[str, Any]", client.get(f"/evals/{eval_id}", cast_to=object))
    assert made["created_at"] == 1739314509
    assert made["imported"]["id"] == "eval_old"
    on, off = made["testing_criteria"]
    assert (on["id"], "switched_off" in on) == ("c-1b2", False)
    assert off == {**EVAL["testing_criteria"][1], "switched_off": off["switched_off"]}  # type: ignore[dict-item]
    assert "endpoint" in off["switched_off"]
    run = client.evals.runs.list(eval_id).data[0]
    assert (run.id, run.result_counts.passed) == (run_id, 1)
    assert run.per_testing_criteria_results[0].testing_criteria == "c-1b2"
    items = client.evals.runs.output_items.list(run_id, eval_id=eval_id, status="pass").data
    assert items[0].datasource_item_id == 7
    assert items[0].results[0].to_dict() == ITEM["results"][0]  # type: ignore[index]


def test_history_cannot_be_cancelled_but_deleted(client: OpenAI):
    eval_id = imported_eval(client)
    run_id = post(client, f"/x/evals/{eval_id}/runs/import", RUN)["id"]
    with pytest.raises(BadRequestError, match="already has status"):
        client.evals.runs.cancel(run_id, eval_id=eval_id)
    client.evals.runs.delete(run_id, eval_id=eval_id)
    assert client.evals.runs.list(eval_id).data == []


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"status": "queued"}, "status"),
        ({"created_at": -1}, "created_at"),
        ({"output_items": [ITEM, ITEM]}, "output_items[1].datasource_item_id"),
        (
            {"output_items": [{**ITEM, "results": [{"name": "z", "score": 1, "passed": True}]}]},
            "output_items[0].results[0].name",
        ),
        (
            {"per_testing_criteria_results": [{"testing_criteria": "z", "passed": 1, "failed": 0}]},
            "per_testing_criteria_results[0].testing_criteria",
        ),
    ],
)
def test_a_run_that_does_not_fit_is_refused_whole(
    client: OpenAI, change: dict[str, object], param: str
):
    eval_id = imported_eval(client)
    with pytest.raises(BadRequestError) as refused:
        post(client, f"/x/evals/{eval_id}/runs/import", {**RUN, **change})
    assert refused.value.param == param
    assert client.evals.runs.list(eval_id).data == []


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"testing_criteria": []}, "testing_criteria"),
        ({"testing_criteria": [{"id": "x"}]}, "testing_criteria[0]"),
        ({"testing_criteria": [EVAL["testing_criteria"][0]] * 2}, "testing_criteria[1].id"),  # type: ignore[index]
        ({"data_source_config": {"type": "custom"}}, "data_source_config.schema"),
        ({"data_source_config": {"type": "x", "schema": SCHEMA}}, "data_source_config.type"),
    ],
)
def test_an_eval_of_which_nothing_is_left_is_refused(
    client: OpenAI, change: dict[str, object], param: str
):
    with pytest.raises(BadRequestError) as refused:
        post(client, "/x/evals/import", {**EVAL, **change})
    assert refused.value.param == param


def test_another_projects_eval_gets_no_history(server: RunningServer, client: OpenAI):
    eval_id = imported_eval(client)
    stranger = server.client(server.new_project()[1])
    with pytest.raises(NotFoundError):
        post(stranger, f"/x/evals/{eval_id}/runs/import", RUN)
