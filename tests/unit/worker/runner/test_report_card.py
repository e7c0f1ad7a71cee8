"""Report cards of jobs that were worked off without a model, answered by a scripted engine."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.harness import BASE, RunningServer, running_server
from tests.jobs.workshop import NUMBERS, step
from tests.unit.cli.support import run, words
from tests.unit.worker.runner.context import run_context
from understudy.evals.report_cards.record import REPORTS
from understudy.ids import unix_now
from understudy.jobs.checkpoints import NewCheckpoint, add_checkpoint
from understudy.jobs.lease import claim
from understudy.jobs.progress import has_baseline, note_baseline, started, validated
from understudy.jobs.success import succeeded
from understudy.storage.blobs import Blob
from understudy.storage.garbage import blobs_in_use
from understudy.work.lease import claim as take
from understudy.worker.runner.report_card import MAX_EXAMPLES, make_report_card


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


def chats(count: int, answer: str) -> bytes:
    lines = [
        {
            "messages": [
                {"role": "user", "content": f"q{number}"},
                {"role": "assistant", "content": answer},
            ]
        }
        for number in range(count)
    ]
    return "\n".join(map(json.dumps, lines)).encode()


class Job:
    """A job that has succeeded, with its validation file."""

    def __init__(self, server: RunningServer, validation: bytes) -> None:
        self._server = server
        self.db = server.services.database
        _, key = server.new_project()
        self.client = server.client(key)
        files = [
            self.client.files.create(file=("f.jsonl", content), purpose="fine-tune").id
            for content in (chats(10, "yes"), validation)
        ]
        self.id = self.client.fine_tuning.jobs.create(
            model=BASE, training_file=files[0], validation_file=files[1], seed=1
        ).id
        self.validation_file = files[1]
        self._work_off()

    def _work_off(self) -> None:
        renderer = self._server.services.served.renderers.get(self._server.home / "bases" / "tiny")
        held = claim(self.db, "worker")
        assert held is not None
        assert held.job_id == self.id
        validated(self.db, held)
        started(self.db, held, NUMBERS, renderer_hash=renderer.hash)
        assert not has_baseline(self.db, held)
        note_baseline(self.db, held, loss=2.0, token_accuracy=0.25)
        note_baseline(self.db, held, loss=9.0, token_accuracy=0.9)
        assert has_baseline(self.db, held)
        metrics = step(4, 4)
        metrics = type(metrics)(
            **metrics.__dict__ | {"full_valid_loss": 0.5, "full_valid_mean_token_accuracy": 0.75}
        )
        checkpoint = NewCheckpoint(
            metrics=metrics,
            directory=Path("/models/step-4"),
            manifest_sha256="c" * 64,
            renderer_hash=renderer.hash,
        )
        add_checkpoint(self.db, held, checkpoint)
        succeeded(self.db, held, result=Blob(sha256="b" * 64, bytes=2), trained_tokens=3)

    def make_card(self) -> None:
        async def make() -> None:
            hold = take(self.db, REPORTS, "runner")
            assert hold is not None
            async with run_context(self._server) as context:
                await make_report_card(context, hold)

        asyncio.run(make())

    def report(self) -> dict[str, object]:
        path = f"/x/fine_tuning/jobs/{self.id}/report"
        return self.client.get(path, cast_to=object)  # type: ignore[return-value]


def test_both_models_answer_what_was_held_out(server: RunningServer):
    job = Job(server, chats(2, "yes"))
    assert job.report()["status"] == "queued"
    # Two questions to two models each; which of the first comes first is open, so all are equal.
    server.engine.says("yes", "yes", "yes", "yes")
    job.make_card()
    report = job.report()
    assert (report["status"], report["base_loss"]) == ("completed", 2.0)
    card = report["card"]
    assert card["loss"] == {"base": 2.0, "tuned": 0.5}
    assert card["token_accuracy"] == {"base": 0.25, "tuned": 0.75}
    assert card["exact_match"]["tuned"]["passed"] == 2
    assert (card["json_validity"], card["tool_call_match"]) == (None, None)
    assert card["samples"][0]["question"] == "q0"
    asked = {request.model.adapter for request in server.engine.requests}
    assert asked == {None, job.client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model}
    assert {request.sampling.temperature for request in server.engine.requests} == {0.0}
    newest = job.client.fine_tuning.jobs.list_events(job.id, limit=1).data[0]
    assert newest.message == card["sentence"]
    assert newest.data["exact_match"]["base"]["total"] == 2


def test_the_work_is_bounded(server: RunningServer):
    job = Job(server, chats(MAX_EXAMPLES + 30, "yes"))
    server.engine.says()
    job.make_card()
    card = job.report()["card"]
    assert card["held_out_examples"] == MAX_EXAMPLES + 30
    assert card["answered_examples"] == MAX_EXAMPLES
    assert len(server.engine.requests) == 2 * MAX_EXAMPLES


def test_a_tuned_model_that_was_deleted_leaves_no_card_but_a_reason(server: RunningServer):
    job = Job(server, chats(1, "yes"))
    name = job.client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
    job.client.models.delete(name)
    job.make_card()
    report = job.report()
    assert report["status"] == "failed"
    assert name in report["error"]
    newest = job.client.fine_tuning.jobs.list_events(job.id, limit=1).data[0]
    assert newest.level == "warn"


def test_the_held_out_file_is_kept_until_the_card_is_made(server: RunningServer):
    job = Job(server, chats(3, f"yes {unix_now()}"))
    with job.db.read() as session:
        before = blobs_in_use(session)
    job.client.files.delete(job.validation_file)
    with job.db.read() as session:
        assert blobs_in_use(session) == before
    server.engine.says()
    job.make_card()
    with job.db.read() as session:
        assert len(before - blobs_in_use(session)) == 1


def test_a_model_of_labels_is_calibrated_and_then_asked_as_it_was_taught(server: RunningServer):
    answers = [chats(1, "yes" if number % 3 else "definitely no") for number in range(24)]
    job = Job(server, b"\n".join(answers))
    server.engine.says()
    job.make_card()
    card = job.report()["card"]["labels"]
    assert card["labels"] == ["definitely no", "yes"]
    # Every token is as likely here, so the shorter answer is; it is right in two thirds.
    assert (card["examples"], card["accuracy"]) == (24, pytest.approx(2 / 3))
    assert card["calibrated"]["log_loss"] <= card["raw"]["log_loss"]
    model = job.client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
    shown = run(
        *("jobs", "report", job.id),
        OPENAI_BASE_URL=f"{server.url}/v1",
        OPENAI_API_KEY=job.client.api_key,
    )
    assert "Choosing from 2 labels, 24 examples: accuracy 66.7 %" in words(shown.output)

    server.engine.says()
    choices = [{"value": "yes"}, {"value": "definitely no"}]
    topic = {"type": "choice", "instructions": "", "choices": choices}
    other = topic | {"instructions": "Which?", "choices": [*choices, {"value": "perhaps"}]}
    made = job.client.decisions.create(model=model, input="q0", questions=[topic, other])
    known, unknown = made.answers
    assert (known.as_trained, known.temperature) == (True, card["temperature"])
    assert (unknown.as_trained, unknown.temperature) == (False, 1.0)
    asked = {prompt.rpartition("assistant")[0] for prompt in server.engine.prompts()}
    assert asked == {
        "<|im_start|>user\nq0<|im_end|>\n<|im_start|>",
        "<|im_start|>user\nq0\n\nWhich?\n\nAnswer with exactly one of:\n- definitely no\n- perhaps"
        "\n- yes<|im_end|>\n<|im_start|>",
    }
    predicate = {"type": "predicate", "instructions": ""}
    made = job.client.decisions.create(model=model, input="q0", questions=[predicate])
    assert made.answers[0].as_trained is False, "there is no plain 'no' among the labels"
