"""The main path of the platform: from a claimed job and its files to a model that answers."""

from typing import Any

from PIL.Image import Image as Picture

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.files.formats import Method
from understudy.data.images.pictures import read_kept
from understudy.jobs.claims import Claim
from understudy.modeling.vision.features import ImageFeatures
from understudy.planning.preference import PreferencePlan
from understudy.planning.supervised import SupervisedPlan
from understudy.registry.teaching import TeachingWay
from understudy.training.baseline import score_before_training
from understudy.training.distillation.training import ProbabilitiesObjective, TaughtExamples
from understudy.training.preference.training import Pairs, PreferenceObjective
from understudy.training.run import Objective
from understudy.training.supervised import Examples, SupervisedObjective
from understudy.worker.trainer.bases import WarmBase
from understudy.worker.trainer.context import TrainerContext
from understudy.worker.trainer.memory_tries import load_base_of, train_within_memory
from understudy.worker.trainer.reading import read_files
from understudy.worker.trainer.reading_pairs import read_pair_files
from understudy.worker.trainer.reinforcement.job import reinforce
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.run_plan import plan_run, say_how_it_runs
from understudy.worker.trainer.screening.file import screen_training_file
from understudy.worker.trainer.taught.on_policy import learn_on_policy
from understudy.worker.trainer.taught.teacher import ask_teacher, forget_teacher


def fine_tune(claim: Claim, context: TrainerContext, reporter: JobReporter) -> None:
    """Do a whole job, from its last checkpoint when there is one.

    Raises JobFailedError for what the owner must change, StopTraining and LeaseLostError when the
    job is to end; anything else is our own trouble and a retry may help.
    """
    screen_training_file(claim, context.blobs, context.screening, reporter)
    if claim.method is Method.REINFORCEMENT:
        reinforce(claim, context, reporter)
        return
    if claim.teaching is not None and claim.teaching.way is TeachingWay.ON_POLICY:
        learn_on_policy(claim, claim.teaching, context, reporter)
        return
    base = load_base_of(claim, context)
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
    say_how_it_runs(plan, base, reporter)
    if isinstance(examples, Examples) and taught is None:
        _measure_baseline(claim, plan, base, examples, context, reporter)
    material = taught or examples
    # A run over all weights makes another model of the base: nothing here may hold on to it.
    del base
    train_within_memory(
        claim,
        context,
        reporter,
        plan,
        examples.longest,
        lambda plan, base: _objective(claim, plan, base, material, context, reporter),
    )
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


def _features(base: WarmBase, context: TrainerContext, examples: Examples) -> ImageFeatures | None:
    """Return what looks at the images of a job's examples; None where there are none."""
    if not any(examples.images):
        return None

    def picture_of(sha256: str) -> Picture:
        return read_kept(context.blobs.path(sha256))

    return ImageFeatures(base.loaded.model, base.loaded.directory, picture_of)


def _measure_baseline(
    claim: Claim,
    plan: SupervisedPlan,
    base: WarmBase,
    examples: Examples,
    context: TrainerContext,
    reporter: JobReporter,
) -> None:
    """Measure once how good the model is before training: the report card compares with that."""
    if not examples.validation or reporter.has_baseline():
        return
    before = score_before_training(
        plan,
        base.loaded,
        examples.validation,
        continue_from=claim.continued_directory,
        features=_features(base, context, examples),
    )
    reporter.on_baseline(before)


def _objective(
    claim: Claim,
    plan: SupervisedPlan,
    base: WarmBase,
    material: Examples | Pairs | TaughtExamples,
    context: TrainerContext,
    reporter: JobReporter,
) -> Objective[Any]:
    if isinstance(material, Examples):
        features = _features(base, context, material)
        return SupervisedObjective(plan, base.loaded, material, reporter, features=features)
    if isinstance(material, TaughtExamples):
        assert claim.teaching is not None, "somebody said what is learned"
        return ProbabilitiesObjective(plan, base.loaded, claim.teaching, material, reporter)
    assert isinstance(plan, PreferencePlan), "pairs are planned for as pairs"
    return PreferenceObjective(plan, base.loaded, material, reporter)
