"""A job followed by one question at a time: everything once, nothing twice."""

from typing import Any

import pytest
from openai import OpenAI

from tests.api.harness import ALIAS, RunningServer
from understudy.jobs import following
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.wording import in_others_words

LINE = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'


@pytest.fixture
def job_id(client: OpenAI) -> str:
    file = client.files.create(file=LINE * 10, purpose="fine-tune")
    return client.fine_tuning.jobs.create(model=ALIAS, training_file=file.id).id


@pytest.fixture
def ask(server: RunningServer, key: str, job_id: str):
    def ask(after: int = 0) -> dict[str, Any]:
        answer = server.http.get(
            f"/v1/x/fine_tuning/jobs/{job_id}/progress",
            params={"after": after},
            headers={"authorization": f"Bearer {key}"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def add_step(server: RunningServer, job_id: str, step: int, **more: object) -> None:
    data = {"step": step, "total_steps": 9, "train_loss": 1 / step, **more}
    event = NewEvent(key=f"step:{step}", message=in_others_words(""), type="metrics", data=data)
    with server.services.database.write() as session:
        append_event(session, job_id, event, created_at=1)


def test_the_first_answer_tells_the_whole_story(server: RunningServer, ask, job_id: str):
    add_step(server, job_id, 1)
    add_step(server, job_id, 2, valid_loss=0.25)
    told = ask()
    assert told["job"]["id"] == job_id
    assert [event["message"].split()[0] for event in told["events"]] == ["Created", "Validating"]
    assert told["steps"] == {
        "step": [1, 2],
        "recorded_at": [1, 1],
        "total_steps": 9,
        "series": {"train_loss": [1.0, 0.5], "valid_loss": [None, 0.25]},
    }
    assert (told["checkpoints"], told["has_more"]) == ([], False)


def test_the_next_answer_tells_only_what_is_new(server: RunningServer, ask, job_id: str):
    cursor = ask()["cursor"]
    again = ask(cursor)
    assert (again["cursor"], again["events"], again["steps"]["step"]) == (cursor, [], [])
    add_step(server, job_id, 1)
    news = ask(cursor)
    assert (news["cursor"], news["events"], news["steps"]["step"]) == (cursor + 1, [], [1])


def test_a_long_story_is_told_in_pieces(server: RunningServer, job_id: str, project):
    for step in range(1, 6):
        add_step(server, job_id, step)
    told: list[float] = []
    after, has_more = 0, True
    while has_more:
        news = following.read_news(
            server.services.database, project[0], job_id, after=after, limit=3
        )
        told += [values["step"] for values in news.metrics]
        after, has_more = news.cursor, news.has_more
    assert told == [1, 2, 3, 4, 5]


def test_a_foreign_job_is_not_found(server: RunningServer, job_id: str):
    _, foreign = server.new_project("other")
    answer = server.http.get(
        f"/v1/x/fine_tuning/jobs/{job_id}/progress", headers={"authorization": f"Bearer {foreign}"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "fine_tune_not_found")


def test_times_and_errors_of_graders_are_drawn_with_the_step(
    server: RunningServer, ask, job_id: str
):
    timing = {
        "step": {"sampling": 1.5, "training": 0.5, "eval": 0.0, "full_iteration": 2.0},
        "graders": [{"name": "same", "type": "python", "train_execution_latency_mean": 0.25}],
    }
    grader = {
        "name": "same",
        "type": "python",
        "train_other_error_mean": 0.25,
        "train_other_error_count": 8,
        "train_sample_parse_error_mean": 0.5,
        "train_sample_parse_error_count": 8,
    }
    of_run = {"learning_rate": 0.01, "gradient_norm": 2.0, "tokens": 30.0}
    add_step(server, job_id, 1, timing=timing, errors={"graders": [grader]}, scores={}, run=of_run)

    assert ask()["steps"]["series"] == {
        "train_loss": [1.0],
        "run.learning_rate": [0.01],
        "run.gradient_norm": [2.0],
        "run.tokens": [30.0],
        "timing.sampling": [1.5],
        "timing.training": [0.5],
        "timing.full_iteration": [2.0],
        "timing.train_execution_latency_mean": [0.25],
        "errors.train": [0.75],
    }
