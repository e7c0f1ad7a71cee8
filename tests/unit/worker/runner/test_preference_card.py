"""Report cards of jobs over pairs that no model was trained for: a scripted engine answers."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.api.harness import BASE, RunningServer, running_server
from tests.jobs.workshop import NUMBERS, step
from tests.unit.cli.support import run, words
from tests.unit.worker.runner.context import run_context
from understudy.evals.report_cards.content import MAX_TEXT_CHARACTERS
from understudy.evals.report_cards.record import REPORTS
from understudy.jobs.checkpoints import NewCheckpoint, add_checkpoint
from understudy.jobs.lease import claim
from understudy.jobs.progress import started, validated
from understudy.jobs.success import succeeded
from understudy.storage.blobs import Blob
from understudy.work.lease import claim as take
from understudy.worker.runner.report_card import MAX_EXAMPLES, make_report_card

SHORT = {
    "type": "string_check",
    "name": "says yes",
    "input": "{{sample.output_text}}",
    "operation": "eq",
    "reference": "yes",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


def pairs(count: int, preferred: str = "yes indeed") -> bytes:
    lines = [
        {
            "input": {"messages": [{"role": "user", "content": f"q{number}"}]},
            "preferred_output": [{"role": "assistant", "content": preferred}],
            "non_preferred_output": [{"role": "assistant", "content": "no way"}],
        }
        for number in range(count)
    ]
    return "\n".join(map(json.dumps, lines)).encode()


class Job:
    """A job over pairs that has succeeded."""

    def __init__(self, server: RunningServer, held_out: int | None, **texts: str) -> None:
        self._server = server
        self.db = server.services.database
        _, self.key = server.new_project()
        self.client = server.client(self.key)
        files = [
            self.client.files.create(
                file=("f.jsonl", pairs(count, **texts)), purpose="fine-tune"
            ).id
            for count in (10, held_out)
            if count is not None
        ]
        self.validation_file = files[-1]
        optional = {} if held_out is None else {"validation_file": files[1]}
        self.id = self.client.fine_tuning.jobs.create(
            model=BASE, training_file=files[0], method={"type": "dpo"}, seed=1, **optional
        ).id

    def work_off(self) -> "Job":
        renderer = self._server.services.served.renderers.get(self._server.home / "bases" / "tiny")
        held = claim(self.db, "worker")
        assert held is not None
        assert held.job_id == self.id
        validated(self.db, held)
        started(self.db, held, NUMBERS, renderer_hash=renderer.hash)
        metrics = step(4, 4)
        more = {"full_valid_reward_accuracy": 0.875, "full_valid_reward_margin": 2.5}
        metrics = type(metrics)(**metrics.__dict__ | {"full_valid_loss": 0.5, "more": more})
        checkpoint = NewCheckpoint(
            metrics=metrics,
            directory=Path("/models/step-4"),
            manifest_sha256="c" * 64,
            renderer_hash=renderer.hash,
        )
        add_checkpoint(self.db, held, checkpoint)
        succeeded(self.db, held, result=Blob(sha256="b" * 64, bytes=2), trained_tokens=3)
        return self

    def make_card(self) -> dict[str, Any]:
        async def make() -> None:
            hold = take(self.db, REPORTS, "runner")
            assert hold is not None
            async with run_context(self._server) as context:
                await make_report_card(context, hold)

        asyncio.run(make())
        return self.report()

    def report(self) -> dict[str, Any]:
        path = f"/x/fine_tuning/jobs/{self.id}/report"
        return self.client.get(path, cast_to=object)  # type: ignore[return-value]

    def command(self, *arguments: str) -> str:
        keys = {"OPENAI_BASE_URL": f"{self._server.url}/v1", "OPENAI_API_KEY": self.key}
        return words(run("jobs", "report", self.id, *arguments, **keys).output)

    def remake(self, body: object) -> dict[str, Any]:
        path = f"/x/fine_tuning/jobs/{self.id}/report"
        return self.client.post(path, body=body, cast_to=object)  # type: ignore[return-value]


def test_sampled_answers_to_held_out_prompts_are_compared(server: RunningServer):
    job = Job(server, 3).work_off()
    assert job.report()["status"] == "queued"
    server.engine.says(*["yes indeed"] * 6)
    report = job.make_card()
    assert (report["status"], report["base_loss"], report["grader"]) == ("completed", None, None)
    card = report["card"]
    assert (card["method"], card["closeness_metric"], card["reward_accuracy"]) == (
        "dpo",
        "gleu",
        0.875,
    )
    assert (card["win_rate"]["ties"], card["win_rate"]["verdict"]) == (3, "cannot_tell")
    assert card["passing"]["tuned"]["passed"] == 3
    assert card["samples"][0]["preferred"] == "yes indeed"
    tuned = job.client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
    assert {request.model.adapter for request in server.engine.requests} == {None, tuned}
    assert {request.sampling.temperature for request in server.engine.requests} == {1.0}
    # Both models draw alike on one prompt, and every prompt has a draw of its own.
    assert len({request.sampling.seed for request in server.engine.requests}) == 3
    newest = job.client.fine_tuning.jobs.list_events(job.id, limit=1).data[0]
    assert newest.message == card["sentence"]


def test_a_named_grader_decides_in_a_card_that_is_made_again(server: RunningServer):
    job = Job(server, 2).work_off()
    server.engine.says(*["yes"] * 8)
    job.make_card()
    assert job.remake({"grader": SHORT})["status"] == "queued"
    report = job.make_card()
    assert report["grader"]["type"] == "string_check"
    card = report["card"]
    assert (card["judged_by"], card["closeness_metric"]) == ("says yes", None)
    assert card["passing"]["base"]["passed"] == 2
    events = job.client.fine_tuning.jobs.list_events(job.id, limit=20).data
    assert sum(event.message.startswith("Report card") for event in events) == 2


def test_the_command_shows_a_card_and_has_it_made_again(server: RunningServer, tmp_path: Path):
    job = Job(server, 2).work_off()
    server.engine.says(*["yes indeed"] * 8)
    job.make_card()
    shown = job.command()
    assert "closer to preferred" in shown
    assert "0 wins, 0 losses, 2 ties" in shown
    assert "not preferred no way" in shown
    file = tmp_path / "grader.json"
    file.write_text("{")
    assert "no grader as JSON" in job.command("--grader", str(file))
    file.write_text(json.dumps(SHORT))
    assert "being generated" in job.command("--grader", str(file))
    job.make_card()
    assert "passes 'says yes'" in job.command()


def test_answers_that_a_grader_cannot_grade_are_counted_and_left_out(server: RunningServer):
    job = Job(server, 2).work_off()
    server.engine.says(*["yes"] * 8)
    job.make_card()
    job.remake({"grader": {**SHORT, "reference": "{{item.missing}}"}})
    card = job.make_card()["card"]
    assert (card["answered_examples"], card["ungraded_examples"]) == (0, 2)


def test_graders_see_the_whole_of_long_answers(server: RunningServer):
    job = Job(server, 1, preferred="yes " * 1000 + "indeed").work_off()
    server.engine.says(*["yes"] * 4)
    job.make_card()
    ends = SHORT | {"input": "{{item.preferred}}", "operation": "like", "reference": "indeed"}
    job.remake({"grader": ends})
    card = job.make_card()["card"]
    assert card["passing"]["tuned"]["passed"] == 1
    assert len(card["samples"][0]["preferred"]) == MAX_TEXT_CHARACTERS


def test_the_work_is_bounded(server: RunningServer):
    job = Job(server, MAX_EXAMPLES + 30).work_off()
    server.engine.says()
    card = job.make_card()["card"]
    assert (card["held_out_examples"], card["answered_examples"]) == (
        MAX_EXAMPLES + 30,
        MAX_EXAMPLES,
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"grader": {**SHORT, "operation": "sounds like"}}, "operation"),
        ({"grader": {**SHORT, "input": "{{sample."}}, "grader.input"),
        ({"judge": SHORT}, "judge"),
    ],
)
def test_a_grader_that_cannot_work_is_refused_at_once(
    server: RunningServer, body: dict[str, Any], words: str
):
    job = Job(server, 2).work_off()
    server.engine.says(*["yes"] * 4)
    job.make_card()
    with pytest.raises(openai.BadRequestError, match=words):
        job.remake(body)
    assert job.report()["status"] == "completed"


def test_a_card_that_cannot_be_made_again_says_why(server: RunningServer):
    without = Job(server, None)
    with pytest.raises(openai.BadRequestError, match="no validation file"):
        without.remake({})
    without.client.fine_tuning.jobs.cancel(without.id)
    job = Job(server, 2)
    with pytest.raises(openai.BadRequestError, match="the job is"):
        job.remake({})
    job.work_off()
    with pytest.raises(openai.BadRequestError, match="it is being made"):
        job.remake({})
    server.engine.says(*["yes"] * 4)
    job.make_card()
    job.client.files.delete(job.validation_file)
    with pytest.raises(openai.BadRequestError, match="was deleted"):
        job.remake({})
