"""Preference files out of graded runs, asked for over the API."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.evals.eval_requests import completions, jsonl, make_eval, row, run_to_end
from tests.api.evals.eval_runner import running_runner
from tests.api.harness import BASE, RunningServer
from tests.unit.cli.support import run, words

LIKE = {
    "type": "text_similarity",
    "name": "like",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "evaluation_metric": "rouge_1",
    "pass_threshold": 0.5,
}


@pytest.fixture(scope="module", autouse=True)
def _runner(server: RunningServer) -> Iterator[None]:
    with running_runner(server):
        yield


def pairs(client: OpenAI, body: object, path: str = "") -> dict[str, Any]:
    found = client.post(f"/x/preference_pairs{path}", cast_to=object, body=body)
    return cast("dict[str, Any]", found)


def test_answers_of_two_runs_become_a_file_that_a_job_takes(server: RunningServer, client: OpenAI):
    made = make_eval(client, testing_criteria=[LIKE])
    runs = []
    for text in ("Oslo it is", "no idea"):
        server.engine.says(text)
        asked = completions(row("Norway?", "Oslo it is"))
        runs.append(run_to_end(client, made.id, asked).id)
    seen = pairs(client, {"runs": runs}, "/preview")
    assert (seen["pairs"], seen["file_id"]) == (1, None)
    assert seen["samples"][0]["preferred"] == "Oslo it is"
    found = pairs(client, {"runs": runs, "criterion": "like", "filename": "../best.jsonl"})
    file = client.files.retrieve(found["file_id"])
    assert (file.filename, file.purpose) == ("best.jsonl", "fine-tune")
    line = json.loads(client.files.content(file.id).text)
    assert line["non_preferred_output"][0]["content"] == "no idea"
    assert line["input"]["messages"][-1]["role"] == "user"
    job = client.fine_tuning.jobs.create(model=BASE, training_file=file.id, method={"type": "dpo"})
    client.fine_tuning.jobs.cancel(job.id)


def test_the_command_counts_pairs_and_makes_a_file(server: RunningServer, client: OpenAI, key: str):
    made = make_eval(client, testing_criteria=[LIKE])
    server.engine.says("Oslo it is", "no idea")
    asked = completions(row("Norway?", "Oslo it is"))
    run_ids = [run_to_end(client, made.id, asked).id for _ in range(2)]
    keys = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": key}
    shown = words(run("evals", "pairs", *run_ids, "--preview", **keys).output)
    assert "pairs 1" in shown
    assert "Created" not in shown
    created = words(run("evals", "pairs", *run_ids, "--criterion", "like", **keys).output)
    assert client.files.content(created.split()[-1].rstrip(".")).text.count("\n") == 1


def test_stored_answers_to_one_prompt_are_paired_by_their_grades(
    server: RunningServer, client: OpenAI
):
    for text in ("Oslo", "Bergen it is"):
        server.engine.says(text)
        client.chat.completions.create(
            model=BASE,
            messages=[{"role": "user", "content": "Norway?"}],
            store=True,
            metadata={"use": "pairs"},
        )
    stored = {"type": "stored_completions", "metadata": {"use": "pairs"}}
    grader = LIKE | {"reference": "Oslo"}
    made = make_eval(client, data_source_config=stored, testing_criteria=[grader])
    graded = run_to_end(client, made.id, {"type": "completions", "source": stored})
    (sample,) = pairs(client, {"runs": [graded.id]}, "/preview")["samples"]
    assert (sample["preferred"], sample["non_preferred"]) == ("Oslo", "Bergen it is")
    assert sample["preferred_model"] == BASE


def test_what_makes_no_pair_is_refused_with_the_reason(server: RunningServer, client: OpenAI):
    second = LIKE | {"name": "other"}
    made = make_eval(client, testing_criteria=[LIKE, second])
    run = run_to_end(client, made.id, jsonl(row("Norway?", "Oslo", "Oslo")))
    with pytest.raises(BadRequestError, match="'like', 'other'"):
        pairs(client, {"runs": [run.id]})
    with pytest.raises(BadRequestError, match="not judged by 'third'"):
        pairs(client, {"runs": [run.id], "criterion": "third"})
    with pytest.raises(BadRequestError, match="No pairs can be made: 1 answers cannot be used"):
        pairs(client, {"runs": [run.id], "criterion": "like"})
    with pytest.raises(NotFoundError):
        pairs(client, {"runs": ["evalrun_of_nobody"]})
    with pytest.raises(BadRequestError):
        pairs(client, {"runs": []})
