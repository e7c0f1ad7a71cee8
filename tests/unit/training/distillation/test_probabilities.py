"""Runs on a teacher's probabilities: what is learned and measured, and that they can be resumed."""

from pathlib import Path

import pytest
import torch

from tests.tiny import examples, llama
from tests.unit.training.preference.test_training import Recorder
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import read_adapter
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.registry.teaching import Teaching, TeachingWay
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.distillation.targets import KeptTargets, Question, keep_targets
from understudy.training.distillation.training import ProbabilitiesObjective, TaughtExamples
from understudy.training.reporting import PauseTraining
from understudy.training.run import train
from understudy.training.supervised import Examples

FILES = Examples(training=examples(6), validation=examples(3, seed=1))
TEACHER = 2


def plan(tuning: Tuning | None = None, epochs: int = 3) -> SupervisedPlan:
    return plan_supervised(
        JobHyperparameters(n_epochs=epochs, batch_size=2, learning_rate_multiplier=4.0),
        example_count=6,
        hidden_size=32,
        seed=4,
        tuning=tuning or LoraTuning(),
    )


def kept(directory: Path, seed: int, part: str) -> KeptTargets:
    rows = getattr(FILES, part)
    question = Question(width=97, top_k=10, temperature=1.0)
    keep_targets(directory / part, llama(seed), rows, question, plan().execution, check_stop=int)
    return KeptTargets(directory / part, rows)


def run(
    directory: Path,
    recorder: Recorder,
    *,
    planned: SupervisedPlan | None = None,
    teacher: int = TEACHER,
    resume_from: Path | None = None,
) -> Recorder:
    planned = planned or plan()
    base = LoadedBase(directory=directory, model=llama(1), dtype=torch.float32)
    teaching = Teaching(
        way=TeachingWay.PROBABILITIES,
        teacher="teacher",
        base="tiny",
        directory=directory,
        adapter=None,
        instructions=None,
        top_k=10,
    )
    said = directory / f"said-{teacher}"
    taught = TaughtExamples(
        examples=FILES,
        width=97,
        training=kept(said, teacher, "training"),
        validation=kept(said, teacher, "validation"),
    )
    train(
        planned,
        base,
        ProbabilitiesObjective(planned, base, teaching, taught, recorder),
        recorder,
        directory=directory,
        base_name="tiny",
        resume_from=resume_from,
    )
    return recorder


@pytest.mark.parametrize("tuning", [LoraTuning(), FullTuning()])
def test_the_student_comes_nearer_to_its_teacher(tmp_path: Path, tuning: Tuning):
    found = run(tmp_path, Recorder(), planned=plan(tuning, epochs=15))

    first, last = found.steps[0], found.steps[-1]
    assert last.train_loss < 0.7 * first.train_loss
    assert last.more["train_divergence"] == pytest.approx(last.train_loss)
    assert last.more["train_teacher_agreement"] > first.more["train_teacher_agreement"]
    assert last.full_valid_loss == pytest.approx(last.more["full_valid_divergence"])
    assert 0 <= last.more["full_valid_teacher_agreement"] <= 1


def test_a_student_that_is_its_teacher_begins_at_nothing(tmp_path: Path):
    found = run(tmp_path, Recorder(), teacher=1)

    assert found.steps[0].train_loss == pytest.approx(0, abs=1e-6)
    assert found.steps[0].more["train_teacher_agreement"] == 1


def test_a_paused_run_continues_as_if_it_had_not_been(tmp_path: Path):
    whole = run(tmp_path / "whole", Recorder())
    paused = Recorder(pause_after=4)
    with pytest.raises(PauseTraining):
        run(tmp_path / "paused", paused)

    rest = run(tmp_path / "paused", Recorder(), resume_from=paused.snapshots[-1])

    assert [step.train_loss for step in (*paused.steps, *rest.steps)] == [
        step.train_loss for step in whole.steps
    ]
    ends = [read_adapter(r.checkpoints[-1].directory) for r in (whole, rest)]
    for name, weights in ends[0].layers.items():
        for ours, theirs in zip(weights, ends[1].layers[name], strict=True):
            assert torch.equal(ours, theirs)
