"""Trains, and trains once more with less at once where the memory was not enough."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from understudy.errors import JobFailedError
from understudy.jobs.claims import Claim
from understudy.modeling.free_memory import is_out_of_memory
from understudy.modeling.recomputation import can_recompute
from understudy.planning.supervised import SupervisedPlan
from understudy.registry.tuning import FullTuning
from understudy.training.run import Objective, train
from understudy.wording import worded
from understudy.worker.trainer.bases import WarmBase
from understudy.worker.trainer.context import TrainerContext
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.resuming import resume_directory
from understudy.worker.trainer.run_plan import wrong_bases_fail

_log = logging.getLogger(__name__)

_SECOND_TRY = worded(
    "job.memory.second_try",
    "The server ran out of memory. The job continues from its last "
    "checkpoint and computes less at once, which is slower and changes "
    "nothing else.",
)
Plan = TypeVar("Plan", bound=SupervisedPlan)


def load_base_of(claim: Claim, context: TrainerContext) -> WarmBase:
    """Return the warm base of a job; raises JobFailedError for one that cannot be trained."""
    with wrong_bases_fail(claim):
        return context.bases.get(claim.base_directory)


def train_within_memory(
    claim: Claim,
    context: TrainerContext,
    reporter: JobReporter,
    plan: Plan,
    longest: int,
    objective_of: Callable[[Plan, WarmBase], Objective[Any]],
) -> None:
    """Train a job from its last checkpoint to its end; `longest` is its longest example in tokens.

    Raises JobFailedError when the memory was not enough twice.
    """
    base = load_base_of(claim, context)
    if _has_trained(claim, context, reporter, plan, base, objective_of):
        return
    less = plan.execution.smaller(longest, can_recompute=can_recompute(base.loaded.model))
    # After a run over all weights this is not the base any more.
    del base
    if less is None:
        raise _out_of_memory(plan)
    reporter.warn(_SECOND_TRY)
    plan = replace(plan, execution=less)
    base = load_base_of(claim, context)
    if not _has_trained(claim, context, reporter, plan, base, objective_of):
        raise _out_of_memory(plan)


def _has_trained(
    claim: Claim,
    context: TrainerContext,
    reporter: JobReporter,
    plan: Plan,
    base: WarmBase,
    objective_of: Callable[[Plan, WarmBase], Objective[Any]],
) -> bool:
    """Train, and say whether the memory was enough."""
    if isinstance(plan.tuning, FullTuning):
        context.bases.forget(claim.base_directory)
    try:
        with wrong_bases_fail(claim):
            train(
                plan,
                base.loaded,
                objective_of(plan, base),
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


def _out_of_memory(plan: SupervisedPlan) -> JobFailedError:
    return JobFailedError(
        worded(
            "job.memory.twice",
            "The server ran out of memory twice, the second time with at most "
            "{tokens:,} tokens at once. Use shorter examples, a smaller base, "
            "or LoRA where all weights are trained.",
            tokens=plan.execution.tokens_per_micro_batch,
        ),
        code="insufficient_memory",
        param="model",
    )
