"""The main path of the platform: from a claimed job and its files to a model that answers."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.config.settings import WandbAccount
from understudy.data.files.formats import Method
from understudy.errors import JobFailedError
from understudy.jobs.claims import Claim
from understudy.modeling.free_memory import is_out_of_memory
from understudy.modeling.lora_reach import experts_in_words, left_out_in_words
from understudy.modeling.recomputation import can_recompute
from understudy.planning.preference import PreferencePlan
from understudy.planning.supervised import SupervisedPlan
from understudy.planning.words import execution_in_words
from understudy.registry.tuning import FullTuning, LoraTuning
from understudy.storage.blobs import BlobStore
from understudy.training.baseline import score_before_training
from understudy.training.distillation.training import ProbabilitiesObjective, TaughtExamples
from understudy.training.preference.training import Pairs, PreferenceObjective
from understudy.training.run import Objective, train
from understudy.training.supervised import Examples, SupervisedObjective
from understudy.worker.trainer.bases import WarmBase, WarmBases
from understudy.worker.trainer.reading import read_files
from understudy.worker.trainer.reading_pairs import read_pair_files
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.resuming import resume_directory
from understudy.worker.trainer.run_plan import plan_run, wrong_bases_fail
from understudy.worker.trainer.taught.teacher import ask_teacher, forget_teacher

_log = logging.getLogger(__name__)

_SECOND_TRY = (
    "The server ran out of memory. The job continues from its last checkpoint and computes less "
    "at once, which is slower and changes nothing else."
)


@dataclass(frozen=True, kw_only=True)
class TrainerContext:
    """What every job of one trainer works with."""

    bases: WarmBases
    blobs: BlobStore
    models_directory: Path
    tensorboard_directory: Path
    wandb_directory: Path
    wandb: WandbAccount | None
    """None where jobs cannot report to Weights & Biases."""


def fine_tune(claim: Claim, context: TrainerContext, reporter: JobReporter) -> None:
    """Do a whole job, from its last checkpoint when there is one.

    Raises JobFailedError for what the owner must change, StopTraining and LeaseLostError when the
    job is to end; anything else is our own trouble and a retry may help.
    """
    base = _load(claim, context.bases)
    renderer = base.renderer.dated(claim.template_date)
    # Bound here, so that a job over midnight, and every attempt at it, prints one day.
    day = renderer.day
    renderer = renderer.dated(day)
    taught = _taught(claim, context, renderer, reporter)
    if taught is not None:
        examples = taught.examples
    else:
        read = read_pair_files if claim.method is Method.DPO else read_files
        examples = read(claim, context.blobs, renderer, reporter)
    plan = plan_run(claim, examples, base, context.bases)
    reporter.validated()
    reporter.started(
        plan, renderer.hash, template_date=day, validation_examples=len(examples.validation)
    )
    reporter.inform(
        execution_in_words(
            plan.execution, why_padded=base.packing.reason, measured=base.packing.numbers
        )
    )
    if isinstance(plan.tuning, LoraTuning):
        for in_words in (experts_in_words, left_out_in_words):
            said = in_words(base.loaded.model, plan.tuning.targets)
            if said is not None:
                reporter.inform(said)
    if isinstance(examples, Examples) and taught is None:
        _measure_baseline(claim, plan, base, examples, reporter)
    material = taught or examples
    if not _train(claim, context, reporter, plan, base, material):
        less = plan.execution.smaller(
            examples.longest, can_recompute=can_recompute(base.loaded.model)
        )
        # After a run over all weights this is not the base any more.
        del base
        if less is None:
            raise _out_of_memory(plan)
        reporter.warn(_SECOND_TRY)
        plan = replace(plan, execution=less)
        if not _train(claim, context, reporter, plan, _load(claim, context.bases), material):
            raise _out_of_memory(plan)
    epochs = plan.hyperparameters.n_epochs
    reporter.succeeded(trained_tokens=examples.trained_tokens * epochs)
    forget_teacher(context.models_directory / claim.job_id)


def _taught(
    claim: Claim, context: TrainerContext, renderer: ChatRenderer, reporter: JobReporter
) -> TaughtExamples | None:
    """Return the examples with what the teacher says of them; None where answers are learned."""
    if claim.teaching is None:
        return None
    directory = context.models_directory / claim.job_id
    return ask_teacher(
        claim, claim.teaching, context.blobs, context.bases, renderer, reporter, directory
    )


def _load(claim: Claim, bases: WarmBases) -> WarmBase:
    with wrong_bases_fail(claim):
        return bases.get(claim.base_directory)


def _measure_baseline(
    claim: Claim, plan: SupervisedPlan, base: WarmBase, examples: Examples, reporter: JobReporter
) -> None:
    """Measure once how good the model is before training: the report card compares with that."""
    if not examples.validation or reporter.has_baseline():
        return
    before = score_before_training(
        plan, base.loaded, examples.validation, continue_from=claim.continued_directory
    )
    reporter.on_baseline(before)


def _train(
    claim: Claim,
    context: TrainerContext,
    reporter: JobReporter,
    plan: SupervisedPlan,
    base: WarmBase,
    material: Examples | Pairs | TaughtExamples,
) -> bool:
    """Train, and say whether the memory was enough."""
    if isinstance(plan.tuning, FullTuning):
        context.bases.forget(claim.base_directory)
    try:
        with wrong_bases_fail(claim):
            train(
                plan,
                base.loaded,
                _objective(claim, plan, base, material, reporter),
                reporter,
                directory=context.models_directory / claim.job_id,
                base_name=claim.base,
                continue_from=claim.continued_directory,
                resume_from=resume_directory(claim, reporter),
            )
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        _log.warning("%s ran out of memory: %s", claim.job_id, error)
        return False
    return True


def _objective(
    claim: Claim,
    plan: SupervisedPlan,
    base: WarmBase,
    material: Examples | Pairs | TaughtExamples,
    reporter: JobReporter,
) -> Objective[Any]:
    if isinstance(material, Examples):
        return SupervisedObjective(plan, base.loaded, material, reporter)
    if isinstance(material, TaughtExamples):
        assert claim.teaching is not None, "somebody said what is learned"
        return ProbabilitiesObjective(plan, base.loaded, claim.teaching, material, reporter)
    assert isinstance(plan, PreferencePlan), "pairs are planned for as pairs"
    return PreferenceObjective(plan, base.loaded, material, reporter)


def _out_of_memory(plan: SupervisedPlan) -> JobFailedError:
    return JobFailedError(
        "The server ran out of memory twice, the second time with at most "
        f"{plan.execution.tokens_per_micro_batch:,} tokens at once. Use shorter examples, a "
        "smaller base, or LoRA where all weights are trained.",
        code="insufficient_memory",
        param="model",
    )
