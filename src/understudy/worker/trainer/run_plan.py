"""The plan of a job's run on a warm base, fitted into the memory that is free."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim
from understudy.planning.execution import Execution
from understudy.planning.memory import fit_in_memory
from understudy.planning.preference import plan_preference
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.training.memory import demand_of
from understudy.training.preference.training import Pairs
from understudy.training.supervised import Examples
from understudy.worker.trainer.bases import WarmBase, WarmBases


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
    return replace(plan, execution=_execution(claim, plan, examples, base, bases))


def _execution(
    claim: Claim, plan: SupervisedPlan, examples: Examples | Pairs, base: WarmBase, bases: WarmBases
) -> Execution:
    with wrong_bases_fail(claim):
        demand = demand_of(
            base.loaded,
            base.packing,
            plan.tuning,
            longest=examples.longest,
            batch_size=plan.hyperparameters.batch_size,
        )
    try:
        return fit_in_memory(demand, bases.free())
    except JobFailedError:
        # Other bases are kept only for as long as nobody needs their place.
        return fit_in_memory(demand, bases.free_for(claim.base_directory))


@contextmanager
def wrong_bases_fail(claim: Claim) -> Generator[None]:
    """Let the job fail when its base turns out to be one that cannot be trained."""
    try:
        yield
    except InvalidRequestError as error:
        raise JobFailedError(
            f"The base model {claim.base} cannot be trained: {error.message}",
            code=error.code or "model_not_available",
            param="model",
        ) from error
