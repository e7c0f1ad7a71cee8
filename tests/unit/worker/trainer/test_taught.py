"""Whole jobs that learn the probabilities of a teacher of this server."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.worker.support import BASE, Home, chat_lines, write_base
from understudy.jobs.creation import NewJob
from understudy.jobs.service import create_job
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.registry.teaching import Teaching, TeachingWay
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.distillation import targets
from understudy.training.distillation.on_policy import OnPolicyObjective
from understudy.worker.trainer.housekeeping import tidy

INSTRUCTIONS = "Say which weather it is, and nothing else. " * 2


def teaching(home: Home, **changes: Any) -> Teaching:
    usual: dict[str, Any] = {
        "way": TeachingWay.PROBABILITIES,
        "teacher": BASE,
        "base": BASE,
        "directory": home.base_directory,
        "adapter": None,
        "instructions": None,
    }
    return Teaching(**(usual | changes))


def metrics(home: Home, job_id: str) -> list[dict[str, Any]]:
    return [event.data for event in home.events(job_id) if event.type == "metrics" and event.data]


def tuned(home: Home) -> Path:
    """An adapter that answers with one word."""
    job = home.create_job(chat_lines(10, answer="Rainy"), epochs=3)
    home.attempt()
    assert home.job(job.id).status == "succeeded"
    return home.context.models_directory / job.id / "step-6"


def kept(home: Home, job_id: str) -> list[str]:
    return sorted(p.name for p in (home.context.models_directory / job_id).glob("teacher-*"))


def test_a_student_comes_nearer_to_a_tuned_teacher_and_nothing_that_it_said_is_left(home: Home):
    lessons = teaching(home, adapter=tuned(home), teacher="ft:tiny")
    job = home.create_job(validation=chat_lines(4), epochs=6, teaching=lessons)

    home.attempt()

    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    steps = metrics(home, job.id)
    assert steps[-1]["full_valid_divergence"] < 0.8 * steps[0]["train_divergence"]
    assert "train_teacher_agreement" in steps[-1]
    assert any("teacher ft:tiny is asked" in text for text in home.messages(job.id))
    assert kept(home, job.id) == []


def test_a_base_that_teaches_itself_learns_nothing_but_with_instructions_it_does(home: Home):
    alone = home.create_job(epochs=1, teaching=teaching(home))
    home.attempt()
    prompted = home.create_job(epochs=1, teaching=teaching(home, instructions=INSTRUCTIONS))
    home.attempt()

    assert home.job(prompted.id).status == "succeeded", home.job(prompted.id).error_message
    assert metrics(home, alone.id)[0]["train_divergence"] == pytest.approx(0, abs=1e-6)
    assert metrics(home, prompted.id)[0]["train_divergence"] > 1e-4


def test_a_job_that_is_taken_up_again_does_not_ask_its_teacher_twice(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    job = home.create_job(validation=chat_lines(4), teaching=teaching(home))
    asked: list[int] = []
    usual = targets.make_step

    def counted(*given: Any) -> Any:
        asked.append(len(given[0]))
        return usual(*given)

    monkeypatch.setattr(targets, "make_step", counted)

    def stop_after_the_teacher(*_: Any, **__: Any) -> None:
        raise RuntimeError("the machine lost power")

    with monkeypatch.context() as patch:
        patch.setattr(
            "understudy.worker.trainer.fine_tune.ProbabilitiesObjective", stop_after_the_teacher
        )
        home.attempt()
    assert asked == [10, 4]
    assert kept(home, job.id) == ["teacher-training", "teacher-validation"]
    tidy(home.database, home.context.models_directory, grace_seconds=0)

    home.attempt()

    assert home.job(job.id).status == "succeeded"
    assert asked == [10, 4]


def test_what_a_teacher_said_goes_with_its_job(home: Home):
    job = home.create_job(teaching=teaching(home))
    said = home.context.models_directory / job.id / "teacher-training"
    said.mkdir(parents=True)
    tidy(home.database, home.context.models_directory, grace_seconds=0)
    assert said.is_dir()

    home.attempt()
    said.mkdir(parents=True)
    tidy(home.database, home.context.models_directory, grace_seconds=0)

    assert not said.exists()


def test_a_teacher_with_other_tokens_fails_the_job_with_the_first_that_differs(
    home: Home, tmp_path: Path
):
    other = write_base(tmp_path / "other")
    file = other / "tokenizer.json"
    tokenizer = json.loads(file.read_text())
    words = tokenizer["model"]["vocab"]
    first, second = sorted(words, key=words.__getitem__)[-2:]
    words[first], words[second] = words[second], words[first]
    file.write_text(json.dumps(tokenizer))
    job = home.create_job(teaching=teaching(home, directory=other, teacher="other"))

    home.attempt()

    ended = home.job(job.id)
    assert (ended.status, ended.error_code) == ("failed", "tokenizer_mismatch")
    assert f"'{first}' for one and '{second}' for the other" in (ended.error_message or "")


def test_a_teacher_that_reads_more_than_fits_leaves_out_what_it_cannot_read(home: Home):
    long = teaching(home, instructions="word " * 400)
    job = home.create_job(teaching=long)

    home.attempt()

    ended = home.job(job.id)
    assert (ended.status, ended.error_code) == ("failed", "invalid_training_file")
    assert "within both contexts" in (ended.error_message or "")


def on_policy(home: Home, **changes: Any) -> Teaching:
    return teaching(home, way=TeachingWay.ON_POLICY, max_tokens=12, **changes)


def test_a_student_learns_from_what_a_tuned_teacher_says_of_its_own_answers(home: Home):
    lessons = on_policy(home, adapter=tuned(home), teacher="ft:tiny")
    job = home.create_job(validation=chat_lines(4), epochs=6, teaching=lessons)

    home.attempt()

    ended = home.job(job.id)
    assert ended.status == "succeeded", ended.error_message
    steps = metrics(home, job.id)
    assert steps[-1]["full_valid_divergence"] < steps[0]["train_divergence"]
    assert 1 <= steps[0]["train_answer_tokens"] <= 12
    assert ended.trained_tokens == sum(step["trained_tokens"] for step in steps)


def test_of_its_own_answers_a_base_that_teaches_itself_learns_nothing(home: Home):
    job = home.create_job(epochs=1, teaching=on_policy(home))

    home.attempt()

    assert home.job(job.id).status == "succeeded", home.job(job.id).error_message
    assert metrics(home, job.id)[0]["train_divergence"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("tuning", [LoraTuning(), FullTuning()])
def test_a_run_on_own_answers_draws_them_again_after_a_break(home: Home, tuning: Tuning):
    def losses(is_broken: bool) -> list[float]:
        base = BaseModel(
            name=BASE, directory=home.base_directory, created=1, is_builtin=False, tuning=tuning
        )
        lessons = on_policy(home, instructions=INSTRUCTIONS)
        new = NewJob(
            model=BASE,
            training_file=home.add_file(chat_lines(10)),
            hyperparameters=JobHyperparameters(n_epochs=3, batch_size=5),
            organization="personal",
            seed=7,
            teaching=lessons,
        )
        catalogue = Catalogue(bases={BASE: base}, aliases={})
        job = create_job(home.database, catalogue, home.project, new)
        if is_broken:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(OnPolicyObjective, "measured", _breaking_after(3))
                home.attempt()
            assert home.job(job.id).status != "succeeded"
        home.attempt()
        assert home.job(job.id).status == "succeeded", home.job(job.id).error_message
        return [step["train_loss"] for step in metrics(home, job.id)]

    assert losses(is_broken=True) == losses(is_broken=False)


def _breaking_after(steps: int) -> Any:
    usual = OnPolicyObjective.measured

    def measured(self: OnPolicyObjective, outcome: Any, total_steps: int) -> Any:
        if outcome.step > steps:
            raise RuntimeError("the machine lost power")
        return usual(self, outcome, total_steps)

    return measured
