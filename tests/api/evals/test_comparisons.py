"""Two runs of one eval, compared."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.evals.eval_requests import (
    EXACT,
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


def compared(client: OpenAI, eval_id: str, base: str, candidate: str, **more: object) -> Any:
    query = {"base": base, "candidate": candidate, **more}
    return client.get(f"/x/evals/{eval_id}/compare", cast_to=object, options={"params": query})


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
    common = compared(client, made.id, base, candidate, common=True)
    assert (common["pairs"], common["only_in_base"], common["only_in_candidate"]) == (2, 0, 1)
    assert "2 items that both runs have" in common["sentence"]


AS_JSON = {**EXACT, "input": "{{ sample.output_json.answer }}"}


def said(client: OpenAI, eval_id: str, *answers: str) -> str:
    """Make a run with one item an answer, to which "4" is right, and return its id."""
    rows = [row(f"q{n}", "4", answer) for n, answer in enumerate(answers)]
    return run_to_end(client, eval_id, jsonl(*rows)).id


def test_prose_answers_of_the_base_do_not_hide_a_gain_nor_those_of_the_candidate_a_loss(
    client: OpenAI,
):
    made = make_eval(client, testing_criteria=[AS_JSON])
    right, prose = '{"answer": "4"}', "Well, that is four."
    mostly_prose = said(client, made.id, *[right] * 30, *[prose] * 70)
    all_right = said(client, made.id, *[right] * 100)
    gain = compared(client, made.id, mostly_prose, all_right)
    assert gain["verdict"] == "better"
    assert gain["sentence"].startswith("The candidate is better: 30.0 % before, 100.0 % after")
    assert compared(client, made.id, all_right, mostly_prose)["verdict"] == "worse"


def test_a_grader_that_raises_hides_nothing_of_another_and_is_mentioned(client: OpenAI):
    raising = {
        "type": "python",
        "name": "raising",
        "source": "def grade(sample, item):\n    return 1 / (item['level'] - 2)\n",
    }
    made = make_eval(client, testing_criteria=[EXACT, raising])

    def run(right: int) -> str:
        rows = [
            {
                "item": {"question": f"q{n}", "answer": "a", "level": 2 if n < 60 else 3},
                "sample": {"output_text": "a" if n >= 100 - right else "b"},
            }
            for n in range(100)
        ]
        return run_to_end(client, made.id, jsonl(*rows)).id

    found = compared(client, made.id, run(100), run(40))
    assert found["verdict"] == "worse"
    assert "by 'exact': 100.0 % before, 40.0 % after" in found["sentence"]
    exact, other = found["criteria"]
    assert (exact["passing"]["verdict"], exact["passing"]["base"]["total"]) == ("worse", 100)
    assert other["passing"]["errors"] == {"base": 60, "candidate": 60, "both": 60}
    assert found["statements"][1]["code"] == "errors"


def test_a_verdict_carries_its_numbers_beside_its_words(client: OpenAI):
    made = make_eval(client)
    base = graded(client, made.id, "pf" * 150)
    found = compared(client, made.id, base, graded(client, made.id, "pf" * 150))
    assert (found["verdict"], found["margin"]) == ("no_change", 0.05)
    assert found["statements"][0]["values"]["margin"] == 0.05
    assert found["overall"]["verdict"] == "no_change"
    narrow = compared(client, made.id, base, graded(client, made.id, "pf" * 150), margin=0.005)
    assert narrow["verdict"] == "cannot_tell"
    assert narrow["items_needed"] is None or narrow["items_needed"] > 300
    with pytest.raises(BadRequestError):
        compared(client, made.id, base, base, margin=0)


def test_items_of_one_cluster_are_not_counted_as_independent(client: OpenAI):
    made = make_eval(client)

    def run(answer: str) -> str:
        rows = [
            {
                "item": {"question": f"q{n}", "answer": "a", "level": n % 4 + 1},
                "sample": {"output_text": answer},
            }
            for n in range(40)
        ]
        return run_to_end(client, made.id, jsonl(*rows)).id

    base, candidate = run("b"), run("a")
    assert compared(client, made.id, base, candidate)["verdict"] == "better"
    found = compared(client, made.id, base, candidate, cluster="item.level")
    assert (found["verdict"], found["clusters"], found["pairs"]) == ("cannot_tell", 4, 40)
    assert "as 4 independent clusters" in found["sentence"]
    assert compared(client, made.id, base, candidate, cluster="level")["clusters"] == 4
    with pytest.raises(BadRequestError, match=r"Row 1 of the run .* has no item\.city") as refused:
        compared(client, made.id, base, candidate, cluster="item.city")
    assert refused.value.param == "cluster"


def test_several_runs_are_compared_in_one_correction(client: OpenAI):
    made = make_eval(client)
    base = graded(client, made.id, "p" * 10 + "f" * 20)
    little = graded(client, made.id, "p" * 16 + "f" * 14)
    much = graded(client, made.id, "p" * 28 + "f" * 2)
    assert compared(client, made.id, base, little)["verdict"] == "better"
    path = f"/x/evals/{made.id}/comparisons?runs={base},{little},{much}"
    found: Any = client.get(path, cast_to=object)
    assert [run["passing"]["passed"] for run in found["runs"]] == [10, 16, 28]
    verdicts = [(pair["candidate_run_id"], pair["verdict"]) for pair in found["comparisons"]]
    # Six flips one way are p = 0.031: the second of two tests may be that large.
    assert verdicts == [(little, "better"), (much, "better")]
    assert found["tests"] == 2
    pairs: Any = client.get(f"{path}&every_pair=true", cast_to=object)
    assert [pair["base_run_id"] for pair in pairs["comparisons"]] == [base, base, little]
    other = graded(client, made.id, "p" * 12 + "f" * 18)
    none: Any = client.get(
        f"/x/evals/{made.id}/comparisons?runs={base},{little},{other}", cast_to=object
    )
    first = none["comparisons"][0]
    assert first["overall"]["p_value"] == pytest.approx(0.03125)
    for refused in (base, f"{base},{base}", f"{base},evalrun_0"):
        with pytest.raises((BadRequestError, NotFoundError)):
            client.get(f"/x/evals/{made.id}/comparisons?runs={refused}", cast_to=object)
