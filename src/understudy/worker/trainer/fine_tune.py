"""The main path of the platform: from a claimed job and its files to a model that answers."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.config import WandbAccount
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim, ResumePoint
from understudy.modeling.checkpoints import CorruptCheckpointError, verify_directory
from understudy.modeling.free_memory import is_out_of_memory
from understudy.modeling.recomputation import can_recompute
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.planning.words import slowness_in_words
from understudy.registry.tuning import FullTuning
from understudy.storage.blobs import BlobStore
from understudy.training.baseline import score_before_training
from understudy.training.memory import demand_of, fit_in_memory
from understudy.training.resume import has_state
from understudy.training.supervised import Examples, train_supervised
from understudy.worker.trainer.bases import WarmBase, WarmBases
from understudy.worker.trainer.reading import read_examples
from understudy.worker.trainer.reporter import JobReporter

_log = logging.getLogger(__name__)

_SECOND_TRY = (
    "The server ran out of memory. The job goes on from its last checkpoint with less at once, "
    "which is slower and changes nothing else."
)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What every job of one trainer works with."""

    bases: WarmBases
    blobs: BlobStore
    models_directory: Path
    tensorboard_directory: Path
    wandb_directory: Path
    wandb: WandbAccount | None
    """None where jobs cannot report to Weights & Biases."""


def fine_tune(claim: Claim, workshop: Workshop, reporter: JobReporter) -> None:
    """Do a whole supervised job, going on from its last checkpoint when there is one.

    Raises JobFailedError for what the owner must change, StopTraining and LeaseLostError when the
    job is to end; anything else is our own trouble and a retry may help.
    """
    base = _load(claim, workshop.bases)
    examples = _read(claim, workshop.blobs, base.renderer, reporter)
    plan = _plan(claim, examples, base, workshop.bases)
    reporter.validated()
    reporter.started(plan, base.renderer.hash, validation_examples=len(examples.validation))
    slowness = slowness_in_words(plan.execution, why_padded=base.packing.reason)
    if slowness is not None:
        reporter.inform(slowness)
    _measure_baseline(claim, plan, base, examples, reporter)
    if not _train(claim, workshop, reporter, plan, base, examples):
        less = plan.execution.smaller(
            examples.longest, can_recompute=can_recompute(base.loaded.model)
        )
        # After a run over all weights this is not the base any more.
        del base
        if less is None:
            raise _out_of_memory(plan)
        reporter.warn(_SECOND_TRY)
        plan = replace(plan, execution=less)
        if not _train(claim, workshop, reporter, plan, _load(claim, workshop.bases), examples):
            raise _out_of_memory(plan)
    tokens_per_epoch = sum(len(example.ids) for example in examples.training)
    reporter.succeeded(trained_tokens=tokens_per_epoch * plan.hyperparameters.n_epochs)


def _train(
    claim: Claim,
    workshop: Workshop,
    reporter: JobReporter,
    plan: SupervisedPlan,
    base: WarmBase,
    examples: Examples,
) -> bool:
    """Train, and say whether the memory was enough."""
    if isinstance(plan.tuning, FullTuning):
        workshop.bases.forget(claim.base_directory)
    try:
        train_supervised(
            plan,
            base.loaded,
            examples,
            reporter,
            directory=workshop.models_directory / claim.job_id,
            base_name=claim.base,
            continue_from=claim.continued_directory,
            resume_from=_resume_point(claim, reporter),
        )
    except InvalidRequestError as error:
        raise _cannot_train(claim, error) from error
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        _log.warning("%s ran out of memory: %s", claim.job_id, error)
        return False
    return True


def _out_of_memory(plan: SupervisedPlan) -> JobFailedError:
    return JobFailedError(
        "The server ran out of memory twice, the second time with at most "
        f"{plan.execution.tokens_per_micro_batch:,} tokens at once. Use shorter examples, a "
        "smaller base, or LoRA where all weights are trained.",
        code="insufficient_memory",
        param="model",
    )


def _load(claim: Claim, bases: WarmBases) -> WarmBase:
    try:
        return bases.get(claim.base_directory)
    except InvalidRequestError as error:
        raise _cannot_train(claim, error) from error


def _cannot_train(claim: Claim, error: InvalidRequestError) -> JobFailedError:
    return JobFailedError(
        f"The base model {claim.base} cannot be trained: {error.message}",
        code=error.code or "model_not_available",
        param="model",
    )


def _read(
    claim: Claim, blobs: BlobStore, renderer: ChatRenderer, reporter: JobReporter
) -> Examples:
    training = read_examples(
        blobs.path(claim.training_blob), "training", claim.training_file, renderer, reporter
    )
    if claim.validation_blob is None or claim.validation_file is None:
        return Examples(training=training, validation=[])
    validation = read_examples(
        blobs.path(claim.validation_blob), "validation", claim.validation_file, renderer, reporter
    )
    return Examples(training=training, validation=validation)


def _plan(claim: Claim, examples: Examples, base: WarmBase, bases: WarmBases) -> SupervisedPlan:
    try:
        plan = plan_supervised(
            claim.hyperparameters,
            example_count=len(examples.training),
            hidden_size=base.loaded.hidden_size,
            family=base.loaded.family,
            tuning=claim.tuning,
            seed=claim.seed,
        )
    except InvalidRequestError as error:
        raise JobFailedError(
            error.message, code="invalid_hyperparameters", param=error.param
        ) from error
    try:
        demand = demand_of(
            base.loaded,
            base.packing,
            plan.tuning,
            longest=examples.longest,
            batch_size=plan.hyperparameters.batch_size,
        )
    except InvalidRequestError as error:
        raise _cannot_train(claim, error) from error
    try:
        execution = fit_in_memory(demand, bases.free())
    except JobFailedError:
        # Other bases are kept only for as long as nobody needs their place.
        execution = fit_in_memory(demand, bases.free_for(claim.base_directory))
    return replace(plan, execution=execution)


def _measure_baseline(
    claim: Claim, plan: SupervisedPlan, base: WarmBase, examples: Examples, reporter: JobReporter
) -> None:
    """Look once how good the model is before training: the report card compares with that."""
    if not examples.validation or reporter.has_baseline():
        return
    before = score_before_training(
        plan, base.loaded, examples.validation, continue_from=claim.continued_directory
    )
    reporter.on_baseline(before)


def _resume_point(claim: Claim, reporter: JobReporter) -> Path | None:
    """Return the newest state that is intact; without one the job begins again.

    The owner is told of what is damaged.
    """
    damaged: list[int] = []
    intact = None
    # What this attempt saved comes first: the claim knows only what was there before it.
    ours = () if reporter.saved is None else (reporter.saved,)
    for point in filter(_is_resumable, (*ours, *claim.resume_points)):
        try:
            verify_directory(point.directory)
        except CorruptCheckpointError as error:
            _log.warning("%s cannot go on from step %d: %s", claim.job_id, point.step, error)
            damaged.append(point.step)
        else:
            intact = point
            break
    for step in damaged:
        goes_on = "begins again" if intact is None else f"goes on from step {intact.step}"
        reporter.warn(
            f"What was saved at step {step} is damaged on the server's disk, so the job {goes_on}."
        )
    return None if intact is None else intact.directory


def _is_resumable(point: ResumePoint) -> bool:
    # What is not there any more was dropped, or is damaged and told below.
    return has_state(point.directory) or not point.directory.is_dir()
