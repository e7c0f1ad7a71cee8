"""Report cards of jobs that were worked off without a model, answered by a scripted engine."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.api.harness import BASE, RunningServer, running_server
from tests.jobs.workshop import NUMBERS, step
from tests.unit.cli.support import run, words
from tests.unit.worker.runner.context import run_context
from tests.unit.worker.runner.scripted_guard import ScriptedGuard
from understudy.cli.main import app
from understudy.evals.releases.record import CHECKS
from understudy.evals.report_cards.record import REPORTS
from understudy.ids import unix_now
from understudy.jobs.checkpoints import NewCheckpoint, add_checkpoint
from understudy.jobs.lease import claim
from understudy.jobs.progress import has_baseline, note_baseline, started, validated
from understudy.jobs.success import succeeded
from understudy.storage.blobs import Blob
from understudy.storage.garbage import blobs_in_use
from understudy.work.lease import claim as take
from understudy.worker.runner.release_check import CheckContext, make_release_check
from understudy.worker.runner.report_card import MAX_EXAMPLES, make_report_card


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    extra = "safety = { probes_per_category = 1 }"
    with running_server(tmp_path_factory.mktemp("home"), extra) as running:
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

    def check(self, guard: ScriptedGuard) -> None:
        """Ask for the safety check of the tuned model, and make it."""
        name = self.client.fine_tuning.jobs.retrieve(self.id).fine_tuned_model
        self.client.post(f"/x/models/{name}/check", cast_to=object)

        async def make() -> None:
            hold = take(self.db, CHECKS, "runner")
            assert hold is not None
            async with run_context(self._server) as context:
                checking = CheckContext(
                    database=context.database,
                    asker=context.asker,
                    catalogue=self._server.services.catalogue,
                    policy_of=self._server.services.served.releases,
                    moderator=lambda: guard,
                )
                await make_release_check(checking, hold)

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


def test_a_card_says_what_the_safety_check_found_and_what_nobody_looked_at(server: RunningServer):
    job = Job(server, chats(1, "yes"))
    server.engine.says()
    job.make_card()
    safety = job.report()["safety"]
    assert (safety["status"], safety["is_screened"], safety["results"]) == (
        "not_checked",
        False,
        None,
    )
    assert safety["sentence"] == "Not screened: nobody checked this model."
    server.engine.says_by(lambda request, _: "Sure." if request.model.adapter else "Sorry, no.")
    job.check(ScriptedGuard(categories=frozenset({"hate"}), flags="Sure."))
    safety = job.report()["safety"]
    assert (safety["is_screened"], safety["moderator"]) == (True, "guard")
    results = {each["category"]: each for each in safety["results"]}
    assert results["hate"]["failed"]["difference"] == 1.0
    assert results["hate"]["failed"]["difference_interval"]["high"] == 1.0
    assert (results["violence"]["flagged"], results["violence"]["failed"]) == (None, None)
    assert "cannot judge" in safety["gaps"][0]
    assert safety["refusals"]["declined"]["difference"] < 0
    keys = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": job.client.api_key}
    text = CliRunner().invoke(app, ["jobs", "report", job.id], env=keys).output
    assert "hate\t0 → 2\t+100 (" in text
    assert "violence\tnot evaluated\t\t" in text
    assert "Not evaluated: guard cannot judge" in text


def test_texts_are_continued_as_far_as_the_completion_that_was_held_out(server: RunningServer):
    pair = {"prompt": "Who plays it?\n\n###\n\n", "completion": " hockey"}
    job = Job(server, json.dumps(pair).encode())
    server.engine.says(" hockey", " hockey")
    job.make_card()
    card = job.report()["card"]
    assert (card["exact_match"]["tuned"]["passed"], card["unanswered_examples"]) == (1, 0)
    assert card["samples"][0]["question"] == pair["prompt"]
    renderer = server.services.served.renderers.get(server.home / "bases" / "tiny")
    for asked in server.engine.requests[-2:]:
        assert list(asked.prompt_ids) == renderer.text_ids(pair["prompt"])
        assert asked.sampling.max_tokens == len(renderer.vocabulary.continued(" hockey"))


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
