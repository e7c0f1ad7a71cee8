"""The plan of a job's run on a warm base, fitted into the memory that is free."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim
from understudy.modeling.lora_reach import experts_in_words, left_out_in_words
from understudy.modeling.vision.features import image_bytes
from understudy.planning.memory import fit_in_memory
from understudy.planning.preference import plan_preference
from understudy.planning.reinforcement import ReinforcementPlan, plan_reinforcement
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.planning.words import execution_in_words
from understudy.registry.tuning import LoraTuning
from understudy.training.memory import demand_of
from understudy.training.preference.training import Pairs
from understudy.training.reinforcement.prompts import Prompts
from understudy.training.supervised import Examples
from understudy.wording import worded
from understudy.worker.trainer.bases import WarmBase, WarmBases
from understudy.worker.trainer.reporter import JobReporter

Plan = TypeVar("Plan", bound=SupervisedPlan)


def plan_run(
    claim: Claim, examples: Examples | Pairs, base: WarmBase, bases: WarmBases
) -> SupervisedPlan:
    """Decide the run of a job; raises JobFailedError when it cannot be or does not fit."""
    try:
        plan = plan_supervised(
            claim.hyperparameters,
            example_count=len(examples.training),
            hidden_size=base.loaded.hidden_size,
            family=base.loaded.family,
            tuning=claim.tuning,
            seed=claim.seed,
            is_of_pairs=isinstance(examples, Pairs),
        )
    except InvalidRequestError as error:
        raise JobFailedError(
            error.message, code="invalid_hyperparameters", param=error.param
        ) from error
    if isinstance(examples, Pairs):
        plan = plan_preference(plan, claim.hyperparameters)
    seen = 0 if isinstance(examples, Pairs) else image_bytes(base.loaded.model, examples.images)
    return fitted(claim, plan, base, bases, longest=examples.longest, image_bytes=seen)


def plan_rewards(
    claim: Claim, prompts: Prompts, base: WarmBase, bases: WarmBases
) -> ReinforcementPlan:
    """Decide the run of a job over graded answers, as `plan_run` does."""
    assert claim.reinforcement is not None, "a reinforcement job has its settings"
    try:
        plan = plan_reinforcement(
            claim.hyperparameters,
            claim.reinforcement,
            example_count=len(prompts.training),
            hidden_size=base.loaded.hidden_size,
            family=base.loaded.family,
            room=base.renderer.context_length - prompts.longest,
            tuning=claim.tuning,
            seed=claim.seed,
        )
    except InvalidRequestError as error:
        raise JobFailedError(
            error.message, code="invalid_hyperparameters", param=error.param
        ) from error
    longest = prompts.longest + plan.max_completion_tokens
    return fitted(claim, plan, base, bases, longest=longest, per_example=plan.group_size)


def fitted(
    claim: Claim,
    plan: Plan,
    base: WarmBase,
    bases: WarmBases,
    *,
    longest: int,
    per_example: int = 1,
    image_bytes: int = 0,
) -> Plan:
    """Return a plan whose execution fits into the memory that is free, or raise JobFailedError.

    `longest` is the longest example in tokens; a batch has `per_example` times its size of them.
    `image_bytes` is what looking at images takes.
    """
    with wrong_bases_fail(claim):
        demand = demand_of(
            base.loaded,
            base.packing,
            plan.tuning,
            longest=longest,
            batch_size=plan.hyperparameters.batch_size * per_example,
        )
    demand = replace(demand, image_bytes=image_bytes)
    try:
        execution = fit_in_memory(demand, bases.free())
    except JobFailedError:
        # Other bases are kept only for as long as nobody needs their place.
        execution = fit_in_memory(demand, bases.free_for(claim.base_directory))
    return replace(plan, execution=execution)


def say_how_it_runs(plan: SupervisedPlan, base: WarmBase, reporter: JobReporter) -> None:
    """Report how a run is computed, and which weights it trains where that needs saying."""
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


@contextmanager
def wrong_bases_fail(claim: Claim) -> Generator[None]:
    """Let the job fail when its base turns out to be one that cannot be trained."""
    try:
        yield
    except InvalidRequestError as error:
        raise JobFailedError(
            worded(
                "job.base_unusable",
                "The base model {base} cannot be trained: {why}",
                base=claim.base,
                why=error.message,
            ),
            code=error.code or "model_not_available",
            param="model",
        ) from error
