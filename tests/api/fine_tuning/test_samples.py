"""Answers of a job's validations, through our own route."""

import json
from typing import Any

import pytest
from openai import OpenAI

from tests.api.harness import BASE, RunningServer
from understudy.evals.recording import NewItem
from understudy.evals.status import ItemStatus
from understudy.evals.validations import Validation, job_eval, validation_run
from understudy.storage.evals.evals import next_touch
from understudy.storage.jobs.jobs import get_job

GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}


@pytest.fixture
def job_id(client: OpenAI) -> str:
    line = {"messages": [{"role": "user", "content": "2+2?"}], "answer": "4"}
    data = b"".join(json.dumps(line).encode() + b"\n" for _ in range(12))
    file = client.files.create(file=data, purpose="fine-tune").id
    method: Any = {"type": "reinforcement", "reinforcement": {"grader": GRADER}}
    job = client.fine_tuning.jobs.create(
        model=BASE, training_file=file, validation_file=file, method=method
    )
    return job.id


@pytest.fixture
def ask(server: RunningServer, key: str, job_id: str):
    def ask(**query: Any) -> dict[str, Any]:
        path = f"/v1/x/fine_tuning/jobs/{job_id}/samples"
        headers = {"authorization": f"Bearer {key}"}
        return server.http.get(path, params=query, headers=headers).json()

    return ask


def graded(number: int, reward: float | None, criteria: list[str]) -> NewItem:
    result: dict[str, Any] = {"name": criteria[0], "type": "string_check", "passed": False}
    if reward is None:
        fault = {"code": "other_error", "message": "the judge is away"}
        result |= {"score": 0.0, "error": fault}
    else:
        result["score"] = reward
    watching = {"name": criteria[1], "type": "string_check", "passed": True, "score": 0.5}
    return NewItem(
        number=number,
        status=ItemStatus.FAIL,
        item_key="0" * 32,
        item={"answer": str(number)},
        results=[result, watching],
        judged={},
        sample={
            "input": [{"role": "user", "content": f"question {number}"}],
            "output": [{"role": "assistant", "content": f"answer {number}"}],
            "finish_reason": "stop",
        },
        usage={},
    )


def validate(
    server: RunningServer, project: str, job_id: str, rewards: dict[int, list[float | None]]
) -> None:
    """Record validations as the trainer does, each of a step."""
    with server.services.database.write() as session:
        owner = job_eval(
            job_id=job_id,
            project_id=project,
            grader=GRADER,
            shadow_grader=GRADER,
            items=[{"answer": "4"}],
            now=1,
        )
        owner.touched = next_touch(session)
        session.add(owner)
        session.flush()
        get_job(session, job_id).eval_id = owner.id
        criteria = [criterion["id"] for criterion in owner.testing_criteria]
        for step, some in rewards.items():
            validation = Validation(
                job_id=job_id,
                step=step,
                model="ft:tiny",
                rows_blob="0" * 64,
                validation_file="file-1",
                items=[graded(number, reward, criteria) for number, reward in enumerate(some)],
            )
            run, items = validation_run(owner, validation, now=1)
            session.add(run)
            session.flush()
            session.add_all(items)


def test_before_the_first_validation_there_are_none(ask, client: OpenAI, job_id: str):
    found = ask()

    assert (found["steps"], found["step"], found["run_id"]) == ([], None, None)
    assert (found["best"], found["worst"], found["random"]) == ([], [], [])
    assert "no validation after step 4" in ask(step=4)["error"]["message"]


def test_the_best_and_the_worst_are_shown_and_the_same_prompts_every_time(
    server: RunningServer, project: tuple[str, str], ask, client: OpenAI, job_id: str
):
    rewards: list[float | None] = [0.1, 0.9, 0.5, None, 0.3, 0.7, 0.0, 1.0]
    validate(server, project[0], job_id, {5: [0.0] * 8, 10: rewards})

    found = ask()
    assert (found["steps"], found["step"]) == ([5, 10], 10)
    assert [one["reward"] for one in found["best"]] == [1.0, 0.9, 0.7]
    assert [one["reward"] for one in found["worst"]] == [0.0, 0.1, 0.3]
    best = found["best"][0]
    assert (best["answer"], best["item"], best["shadow_reward"]) == (
        "answer 7",
        {"answer": "7"},
        0.5,
    )
    assert best["messages"] == [{"role": "user", "content": "question 7"}]
    earlier = ask(step=5)
    assert [one["answer"] for one in earlier["random"]] == [
        one["answer"] for one in found["random"]
    ]
    job = client.fine_tuning.jobs.with_raw_response.retrieve(job_id)
    assert json.loads(job.text)["eval_id"] == found["eval_id"]
    run = client.evals.runs.retrieve(found["run_id"], eval_id=found["eval_id"])
    assert run.metadata == {"job": job_id, "step": "10"}


def test_an_answer_that_could_not_be_graded_is_neither_good_nor_bad(
    server: RunningServer, project: tuple[str, str], ask, job_id: str
):
    validate(server, project[0], job_id, {1: [None, None]})

    found = ask()
    assert (found["best"], found["worst"]) == ([], [])
    assert [one["problem"] for one in found["random"]] == ["the judge is away"] * 2


def test_jobs_of_others_are_not_found(server: RunningServer, job_id: str):
    _, key = server.new_project()
    path = f"/v1/x/fine_tuning/jobs/{job_id}/samples"
    answer = server.http.get(path, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 404
