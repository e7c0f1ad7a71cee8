"""What a job would do, told before it is created."""

from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer
from understudy.cli.demo.tasks import demo_tasks

NANO = "understudy-nano"
WEATHER = demo_tasks()[0].training_path.read_bytes()


@pytest.fixture
def estimate(server: RunningServer, key: str):
    def estimate(**body: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {key}"}
        return server.http.post("/v1/x/fine_tuning/jobs/estimate", json=body, headers=headers)

    return estimate


@pytest.fixture
def file(client: OpenAI) -> str:
    return client.files.create(file=("w.jsonl", WEATHER), purpose="fine-tune").id


def test_auto_is_resolved_and_explained_and_nothing_is_created(client: OpenAI, estimate, file: str):
    shown = estimate(model=NANO, training_file=file).json()
    examples = len(WEATHER.splitlines())
    assert (shown["model"], shown["examples"]) == (NANO, examples)
    assert (shown["n_epochs"]["value"], shown["n_epochs"]["is_auto"]) == (3, True)
    assert f"the usual 3 for {examples} examples" in shown["n_epochs"]["words"]
    assert (shown["batch_size"]["value"], shown["learning_rate_multiplier"]["value"]) == (1, 1)
    assert shown["steps"] == 3 * examples
    assert shown["seconds"] is None
    assert list(client.fine_tuning.jobs.list()) == []


def test_what_was_asked_for_counts(estimate, file: str):
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}}
    one = estimate(model=NANO, training_file=file, method=method).json()
    auto = estimate(model=NANO, training_file=file).json()
    assert (one["n_epochs"]["is_auto"], one["steps"]) == (False, one["examples"])
    assert one["tokens"] * auto["n_epochs"]["value"] == auto["tokens"]


def test_examples_that_are_to_be_held_out_are_not_trained_on(server, key, file: str):
    def ask(held_out: int) -> httpx2.Response:
        return server.http.post(
            "/v1/x/fine_tuning/jobs/estimate",
            json={"model": NANO, "training_file": file},
            params={"held_out": held_out},
            headers={"authorization": f"Bearer {key}"},
        )

    whole, part = ask(0).json(), ask(6).json()
    assert part["examples"] == whole["examples"] - 6
    assert part["steps"] < whole["steps"]
    # A tenth of 60 examples of about one length.
    assert part["tokens"] == pytest.approx(0.9 * whole["tokens"], rel=0.01)
    assert ask(-1).json()["error"]["param"] == "held_out"
    nothing = ask(whole["examples"])
    assert (nothing.status_code, nothing.json()["error"]["param"]) == (400, "training_file")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": "no-such-model"}, "model"),
        ({"training_file": "file-none"}, "training_file"),
        ({"seed": -1}, "seed"),
        ({"unknown": 1}, "unknown"),
        (
            {"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 51}}}},
            "method.supervised.hyperparameters.n_epochs",
        ),
    ],
)
def test_it_refuses_what_creation_would_refuse(estimate, file: str, body: dict[str, Any], param):
    answer = estimate(**({"model": NANO, "training_file": file} | body))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_a_file_without_a_good_line_has_no_estimate(client: OpenAI, estimate):
    file = client.files.create(file=b'{"messages": []}\n' * 12, purpose="fine-tune")
    answer = estimate(model=NANO, training_file=file.id)
    assert answer.status_code == 400
    assert "no example" in answer.json()["error"]["message"]


def test_of_prompts_it_counts_the_answers_that_are_graded(client: OpenAI, server, key):
    lines = b'{"messages": [{"role": "user", "content": "2+2?"}], "answer": "4"}\n' * 30
    file = client.files.create(file=lines, purpose="fine-tune").id
    grader = {"type": "python", "source": "def grade(sample, item):\n    return 1.0"}
    settings = {"grader": grader, "hyperparameters": {"compute_multiplier": 2, "batch_size": 9}}

    def ask(held_out: int) -> httpx2.Response:
        body = {
            "model": NANO,
            "training_file": file,
            "method": {"type": "reinforcement", "reinforcement": settings},
        }
        return server.http.post(
            "/v1/x/fine_tuning/jobs/estimate",
            json=body,
            params={"held_out": held_out},
            headers={"authorization": f"Bearer {key}"},
        )

    shown = ask(3).json()
    assert (shown["examples"], shown["n_epochs"]["value"], shown["steps"]) == (27, 34, 102)
    assert (shown["tokens"], shown["answers"]) == (None, 27 * 34 * 16)
    assert "so that there are 100 steps" in shown["n_epochs"]["words"]
    assert ask(0).json()["error"]["param"] == "validation_file"
