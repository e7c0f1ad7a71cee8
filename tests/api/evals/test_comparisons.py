"""Two runs of one eval, compared."""

from collections.abc import Iterator

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.evals.eval_requests import (
    jsonl,
    make_eval,
    row,
    run_to_end,
)
from tests.api.evals.eval_runner import running_runner
from tests.api.harness import RunningServer


@pytest.fixture(scope="module", autouse=True)
def _runner(server: RunningServer) -> Iterator[None]:
    with running_runner(server):
        yield


def compared(client: OpenAI, eval_id: str, base: str, candidate: str) -> dict[str, object]:
    path = f"/x/evals/{eval_id}/compare?base={base}&candidate={candidate}"
    return client.get(path, cast_to=object)  # type: ignore[return-value]


def graded(client: OpenAI, eval_id: str, marks: str) -> str:
    """Make a run with one item a letter, passed at p, and return its id."""
    rows = [row(f"q{n}", "a", "a" if mark == "p" else "b") for n, mark in enumerate(marks)]
    return run_to_end(client, eval_id, jsonl(*rows)).id


def test_two_runs_are_compared_item_by_item(server: RunningServer, client: OpenAI):
    made = make_eval(client)
    base = graded(client, made.id, "p" * 3 + "f" * 12)
    candidate = graded(client, made.id, "ppf" + "p" * 10 + "ff")
    found = compared(client, made.id, base, candidate)
    assert found["verdict"] == "better"
    assert found["sentence"].startswith("The candidate is better: 20.0 % before, 80.0 % after")
    overall = found["overall"]
    assert overall["flips"] == {"improved": 10, "regressed": 1, "both": 2, "neither": 2}
    assert overall["p_value"] == pytest.approx(0.01171875)
    assert overall["base"]["passed"] == 3
    assert found["criteria"][0]["score"]["difference"] == pytest.approx(0.6)
    worse = [flip for flip in found["flipped"] if flip["flip"] == "regressed"]
    assert [flip["datasource_item_id"] for flip in worse] == [2]
    item = client.evals.runs.output_items.retrieve(
        worse[0]["candidate_item_id"], eval_id=made.id, run_id=candidate
    )
    assert (item.status, item.datasource_item["question"]) == ("fail", "q2")
    stranger = server.client(server.new_project("other")[1])
    with pytest.raises(NotFoundError):
        compared(stranger, made.id, base, candidate)


def test_a_difference_that_cannot_be_told_says_how_many_items_would_tell(client: OpenAI):
    made = make_eval(client)
    base, candidate = graded(client, made.id, "pfpf"), graded(client, made.id, "ppff")
    found = compared(client, made.id, base, candidate)
    assert found["verdict"] == "cannot_tell"
    assert found["items_needed"] > 4
    assert f"about {found['items_needed']:,} would be needed" in found["sentence"]


def test_runs_over_different_data_are_not_compared(client: OpenAI):
    made = make_eval(client)
    base, candidate = graded(client, made.id, "pp"), graded(client, made.id, "ppp")
    with pytest.raises(BadRequestError) as refused:
        compared(client, made.id, base, candidate)
    assert refused.value.code == "different_data"
    found = client.get(f"/x/eval_runs/{base}", cast_to=object)
    assert found["eval_id"] == made.id
