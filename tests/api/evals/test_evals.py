"""Evals by the official client: made, listed, refused, deleted, and kept apart by project."""

from collections.abc import Iterator

import pytest
from openai import NotFoundError, OpenAI

from tests.api.evals.eval_requests import (
    CUSTOM,
    EXACT,
    ITEM_SCHEMA,
    items_of,
    jsonl,
    make_eval,
    refusal,
    row,
    run_to_end,
)
from tests.api.evals.eval_runner import running_runner
from tests.api.harness import RunningServer


@pytest.fixture(scope="module", autouse=True)
def _runner(server: RunningServer) -> Iterator[None]:
    with running_runner(server):
        yield


def test_an_eval_shows_its_schema_and_gives_each_criterion_an_id(client: OpenAI):
    made = make_eval(client, metadata={"team": "geo"})
    assert made.id.startswith("eval_")
    assert made.data_source_config.type == "custom"
    schema = made.data_source_config.schema_
    assert schema["properties"]["item"] == ITEM_SCHEMA
    assert schema["required"] == ["item", "sample"]
    criterion = made.testing_criteria[0].to_dict()
    assert criterion["id"].startswith("exact-")
    assert len(criterion["id"]) == len("exact-") + 36
    assert client.evals.retrieve(made.id).to_dict() == made.to_dict()


def test_creation_answers_201(server: RunningServer, client: OpenAI):
    answer = client.evals.with_raw_response.create(
        data_source_config=CUSTOM,  # type: ignore[arg-type]
        testing_criteria=[EXACT],  # type: ignore[list-item]
    )
    assert answer.status_code == 201
    eval_id = answer.parse().id
    run = client.evals.runs.with_raw_response.create(
        eval_id,
        data_source=jsonl(row("q", "a", "a")),  # type: ignore[arg-type]
    )
    assert run.status_code == 201


def test_evals_are_listed_oldest_first_page_by_page(client: OpenAI):
    made = [make_eval(client, name=f"e{n}").id for n in range(5)]
    assert [found.id for found in client.evals.list(limit=2)] == made
    assert [found.id for found in client.evals.list(order="desc")] == made[::-1]
    client.evals.update(made[0], name="renamed", metadata={"a": "b"})
    by_update = [found.id for found in client.evals.list(order_by="updated_at", limit=2)]
    assert by_update == [*made[1:], made[0]]
    renamed = client.evals.retrieve(made[0])
    assert (renamed.name, renamed.metadata) == ("renamed", {"a": "b"})


def test_a_deleted_eval_is_gone_with_its_runs(client: OpenAI):
    made = make_eval(client)
    run = run_to_end(client, made.id, jsonl(row("q", "a", "a")))
    gone = client.evals.delete(made.id)
    assert (gone.object, gone.deleted, gone.eval_id) == ("eval.deleted", True, made.id)
    with pytest.raises(NotFoundError):
        client.evals.retrieve(made.id)
    with pytest.raises(NotFoundError):
        client.evals.runs.retrieve(run.id, eval_id=made.id)


def test_a_variable_that_the_data_do_not_have_is_refused(client: OpenAI):
    error = refusal(client, testing_criteria=[EXACT | {"reference": "{{ item.anwser }}"}])
    assert error.code == "invalid_variable"
    assert error.param == "testing_criteria[0].reference"
    assert "'item.anwser' is not in the schema" in error.message
    assert "item.question, item.answer" in error.message


def test_a_grader_of_answers_needs_a_schema_with_answers(client: OpenAI):
    error = refusal(client, data_source_config={"type": "custom", "item_schema": ITEM_SCHEMA})
    assert error.param == "testing_criteria[0].input"
    assert "include_sample_schema" in error.message


def test_two_criteria_of_one_name_are_refused(client: OpenAI):
    error = refusal(client, testing_criteria=[EXACT, EXACT | {"operation": "ne"}])
    assert (error.code, error.param) == ("duplicate_name", "testing_criteria[1].name")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"testing_criteria": []}, "testing_criteria"),
        ({"testing_criteria": [EXACT | {"operation": "is"}]}, "testing_criteria[0].operation"),
        ({"testing_criteria": [EXACT | {"id": "x"}]}, "testing_criteria[0].id"),
        ({"data_source_config": {"type": "custom"}}, "data_source_config.item_schema"),
        ({"data_source_config": {"type": "sql"}}, "data_source_config.type"),
        (
            {"data_source_config": {"type": "custom", "item_schema": {"type": "array"}}},
            "data_source_config.item_schema.type",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(client: OpenAI, changes: dict[str, object], param: str):
    assert refusal(client, **changes).param == param


# Runs


def test_evals_of_another_project_are_not_there(server: RunningServer, client: OpenAI):
    made = make_eval(client)
    run = run_to_end(client, made.id, jsonl(row("q", "a", "a")))
    item = items_of(client, run)[0]
    stranger = server.client(server.new_project("other")[1])
    runs = stranger.evals.runs
    attempts = [
        lambda: stranger.evals.retrieve(made.id),
        lambda: stranger.evals.update(made.id, name="mine"),
        lambda: stranger.evals.delete(made.id),
        lambda: runs.create(made.id, data_source=jsonl(row("q", "a", "a"))),  # type: ignore[arg-type]
        lambda: runs.list(made.id),
        lambda: runs.retrieve(run.id, eval_id=made.id),
        lambda: runs.cancel(run.id, eval_id=made.id),
        lambda: runs.delete(run.id, eval_id=made.id),
        lambda: runs.output_items.list(run.id, eval_id=made.id),
        lambda: runs.output_items.retrieve(item.id, eval_id=made.id, run_id=run.id),
    ]
    for attempt in attempts:
        with pytest.raises(NotFoundError):
            attempt()
    assert list(stranger.evals.list()) == []
