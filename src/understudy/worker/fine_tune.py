"""The main path of the platform: from a claimed job and its files to a model that answers."""

import logging
from dataclasses import dataclass
from pathlib import Path

from understudy.chat.renderer import ChatRenderer
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim
from understudy.modeling.checkpoints import CorruptCheckpointError, verify_directory
from understudy.storage.blobs import BlobStore
from understudy.training.baseline import score_before_training
from understudy.training.plan import RequestedHyperparameters, TrainingPlan, resolve_plan
from understudy.training.supervised import Examples, train_supervised
from understudy.worker.bases import WarmBase, WarmBases
from understudy.worker.reading import read_examples
from understudy.worker.reporter import JobReporter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What every job of one trainer works with."""

    bases: WarmBases
    blobs: BlobStore
    models_directory: Path


def fine_tune(claim: Claim, workshop: Workshop, reporter: JobReporter) -> None:
    """Do a whole supervised job, going on from its last checkpoint when there is one.

    Raises JobFailedError for what the owner must change, StopTraining and LeaseLostError when the
    job is to end; anything else is our own trouble and a retry may help.
    """
    base = _load(claim, workshop.bases)
    examples = _read(claim, workshop.blobs, base.renderer, reporter)
    plan = _plan(claim, len(examples.training), base)
    reporter.validated()
    reporter.started(plan, base.renderer.hash)
    _measure_baseline(claim, plan, base, examples, reporter)
    train_supervised(
        plan,
        base.loaded,
        examples,
        reporter,
        directory=workshop.models_directory / claim.job_id,
        base_name=claim.base,
        continue_from=claim.continued_directory,
        resume_from=_resume_point(claim),
    )
    tokens_per_epoch = sum(len(example.ids) for example in examples.training)
    reporter.succeeded(trained_tokens=tokens_per_epoch * plan.epochs)


def _load(claim: Claim, bases: WarmBases) -> WarmBase:
    try:
        return bases.get(claim.base_directory)
    except InvalidRequestError as error:
        raise JobFailedError(
            f"The base model {claim.base} cannot be loaded: {error.message}",
            code="model_not_available",
            param="model",
        ) from error


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


def _plan(claim: Claim, example_count: int, base: WarmBase) -> TrainingPlan:
    asked = claim.hyperparameters
    requested = RequestedHyperparameters(
        n_epochs=asked.n_epochs,
        batch_size=asked.batch_size,
        learning_rate_multiplier=asked.learning_rate_multiplier,
    )
    try:
        return resolve_plan(
            requested,
            example_count=example_count,
            hidden_size=base.loaded.hidden_size,
            seed=claim.seed,
        )
    except InvalidRequestError as error:
        raise JobFailedError(
            error.message, code="invalid_hyperparameters", param=error.param
        ) from error


def _measure_baseline(
    claim: Claim, plan: TrainingPlan, base: WarmBase, examples: Examples, reporter: JobReporter
) -> None:
    """Look once how good the model is before training: the report card compares with that."""
    if not examples.validation or reporter.has_baseline():
        return
    before = score_before_training(
        plan, base.loaded, examples.validation, continue_from=claim.continued_directory
    )
    reporter.on_baseline(before)


def _resume_point(claim: Claim) -> Path | None:
    """Return the newest state that is intact; without one the job begins again."""
    for point in claim.resume_points:
        try:
            verify_directory(point.directory)
        except CorruptCheckpointError as error:
            _log.warning("%s cannot go on from step %d: %s", claim.job_id, point.step, error)
        else:
            return point.directory
    return None
