"""A job that learns from graded answers, from its claim to a model that answers."""

from collections.abc import Sequence

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.inference.limits import EngineLimits
from understudy.jobs.claims import Claim
from understudy.planning.reinforcement import ReinforcementPlan
from understudy.training.reinforcement.grading import GradedAnswer
from understudy.training.reinforcement.preflight import Preflight
from understudy.training.reinforcement.prompts import Prompts
from understudy.training.reinforcement.rollouts import Rollouts
from understudy.training.reinforcement.sampling import Sampler
from understudy.training.reinforcement.training import TRAINED_TOKENS, ReinforcementObjective
from understudy.worker.trainer.bases import WarmBase
from understudy.worker.trainer.context import TrainerContext
from understudy.worker.trainer.memory_tries import load_base_of, train_within_memory
from understudy.worker.trainer.reading_prompts import check_graded, read_prompt_files
from understudy.worker.trainer.reinforcement.grading_thread import GradingThread
from understudy.worker.trainer.reinforcement.rendering import effort_renderer, render_prompts
from understudy.worker.trainer.reinforcement.validating import Validations
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.run_plan import plan_rewards, say_how_it_runs

_ROWS = 128
"""Answers that are drawn at the same time, where memory allows."""
_CHUNK_TOKENS = 2048
"""Tokens of prompts that are read at once: nobody waits for the next token of an answer here."""
_MAX_CACHE_BYTES = 2 * 1024**3


def reinforce(claim: Claim, context: TrainerContext, reporter: JobReporter) -> None:
    """Do a whole job, as `fine_tune` does for other methods, and raise what it raises."""
    assert claim.reinforcement is not None, "a reinforcement job has its settings"
    base = load_base_of(claim, context)
    renderer = base.renderer.dated(claim.template_date)
    day = renderer.day
    renderer = effort_renderer(
        claim, renderer.dated(day), context.leniency(claim.base_name), reporter
    )
    files = read_prompt_files(claim, context.blobs, reporter)
    graders = GradingThread(context.open_graders, claim.project_id, claim.reinforcement)
    with graders as grading:
        check_graded(files, grading.graders)
        prompts = render_prompts(claim, files, renderer, reporter)
        plan = plan_rewards(claim, prompts, base, context.bases)
        reporter.validated()
        watching = _Watching(
            reporter,
            Validations.opened(reporter.database, context.blobs, claim, prompts.validation),
        )
        reporter.started(
            plan,
            base.renderer.hash,
            template_date=day,
            validation_examples=len(prompts.validation) * plan.eval_samples,
        )
        say_how_it_runs(plan, base, reporter)
        cache_bytes = min(_MAX_CACHE_BYTES, context.bases.free() // 4)
        # A run over all weights makes another model of the base: nothing here may hold on to it.
        del base
        train_within_memory(
            claim,
            context,
            reporter,
            plan,
            prompts.longest + plan.max_completion_tokens,
            lambda plan, base: _objective(
                plan, base, renderer, prompts, grading, watching, cache_bytes
            ),
        )
    reporter.succeeded(trained_tokens=_trained_tokens(reporter))


def _objective(
    plan: ReinforcementPlan,
    base: WarmBase,
    renderer: ChatRenderer,
    prompts: Prompts,
    grading: GradingThread,
    watching: "_Watching",
    cache_bytes: int,
) -> ReinforcementObjective:
    sampler = Sampler(
        base.loaded,
        stop_ids=renderer.stop_ids,
        layout=plan.execution.layout,
        limits=EngineLimits(rows=_ROWS, cache_bytes=cache_bytes, chunk_tokens=_CHUNK_TOKENS),
    )
    rollouts = Rollouts(plan, prompts, sampler, renderer, grading, watching.check_stop)
    return ReinforcementObjective(plan, base.loaded, rollouts, grading, watching)


def _trained_tokens(reporter: JobReporter) -> int:
    """Return the tokens that all steps learned from, those of earlier attempts included."""
    return round(sum(step.more[TRAINED_TOKENS] for step in reporter.recorded_steps()))


class _Watching:
    """Passes what a run sees on to its job."""

    def __init__(self, reporter: JobReporter, validations: Validations) -> None:
        self._reporter = reporter
        self._validations = validations

    def check_stop(self) -> None:
        self._reporter.check_stop()

    def on_preflight(self, preflight: Preflight) -> None:
        self._reporter.inform(preflight.in_words())

    def on_validation(self, step: int, answers: Sequence[GradedAnswer]) -> None:
        # It becomes a run once its checkpoint has a name.
        self._reporter.when_checkpointed(
            step, lambda model: self._validations.record(step, model, answers)
        )
