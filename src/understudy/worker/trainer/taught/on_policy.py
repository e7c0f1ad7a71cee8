"""A job that learns from what its teacher says of the student's own answers."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.inference.limits import EngineLimits
from understudy.jobs.claims import Claim
from understudy.planning.execution import Layout
from understudy.planning.supervised import SupervisedPlan
from understudy.registry.teaching import Teaching
from understudy.registry.tuning import LoraTuning
from understudy.training.baseline import adapted
from understudy.training.distillation.on_policy import (
    LiveTeacher,
    OnPolicyObjective,
    TaughtPrompts,
)
from understudy.training.distillation.own_answers import TaughtPrompt
from understudy.training.distillation.twins import twin_of
from understudy.training.reinforcement.sampling import Sampler
from understudy.training.reinforcement.training import TRAINED_TOKENS
from understudy.training.run import use_attention
from understudy.training.supervised import Examples
from understudy.wording import worded
from understudy.worker.trainer.bases import WarmBase
from understudy.worker.trainer.context import TrainerContext
from understudy.worker.trainer.memory_tries import load_base_of, train_within_memory
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.run_plan import fitted, plan_run, say_how_it_runs
from understudy.worker.trainer.taught.reading import read_taught_files
from understudy.worker.trainer.taught.teacher import (
    check_tokens,
    execution_of,
    load_teacher,
    teacher_renderer,
    width_of,
)

_ROWS = 128
"""Answers that are drawn at the same time, where memory allows."""
_MAX_CACHE_BYTES = 2 * 1024**3


def learn_on_policy(
    claim: Claim, teaching: Teaching, context: TrainerContext, reporter: JobReporter
) -> None:
    """Do a whole job, as `fine_tune` does for other methods, and raise what it raises."""
    check_tokens(claim, teaching)
    base = load_base_of(claim, context)
    renderer = base.renderer.dated(claim.template_date)
    day = renderer.day
    renderer = renderer.dated(day)
    reads = teacher_renderer(claim, teaching, renderer)
    files = read_taught_files(claim, teaching, context.blobs, renderer, reads, reporter)
    prompts = _prompts(files.student, files.teacher, teaching, (renderer, reads), reporter)
    # In memory before the plan is made, which fits the run into what is left.
    teacher = load_teacher(teaching, context.bases)
    plan = plan_run(claim, files.student, base, context.bases)
    longest = prompts.longest + teaching.max_tokens
    plan = fitted(claim, plan, base, context.bases, longest=longest)
    reporter.validated()
    reporter.started(
        plan, base.renderer.hash, template_date=day, validation_examples=len(prompts.validation)
    )
    say_how_it_runs(plan, base, reporter)
    reporter.inform(
        worded(
            "job.on_policy",
            "At every step the student answers itself, with at most {tokens} "
            "tokens, and learns how likely the teacher {teacher} finds each of "
            "them.",
            tokens=teaching.max_tokens,
            teacher=teaching.teacher,
        )
    )
    layout = execution_of(teacher, longest).layout
    limits = EngineLimits(rows=_ROWS, cache_bytes=min(_MAX_CACHE_BYTES, context.bases.free() // 4))
    # A run over all weights makes another model of the base: nothing here may hold on to it.
    del base, teacher
    with ExitStack() as held:

        def objective(plan: SupervisedPlan, base: WarmBase) -> OnPolicyObjective:
            # Of an earlier try, which has ended.
            held.close()
            return OnPolicyObjective(
                plan,
                base.loaded,
                teaching,
                _teacher(claim, teaching, context, base, layout, held),
                prompts,
                _sampler(base, renderer, plan, limits),
                reporter,
            )

        train_within_memory(claim, context, reporter, plan, longest, objective)
    steps = reporter.recorded_steps()
    reporter.succeeded(trained_tokens=round(sum(step.more[TRAINED_TOKENS] for step in steps)))


def _teacher(
    claim: Claim,
    teaching: Teaching,
    context: TrainerContext,
    base: WarmBase,
    layout: Layout,
    held: ExitStack,
) -> LiveTeacher:
    """Return the teacher, with weights of its own only where the student's are not the same."""
    if teaching.directory == claim.base_directory and isinstance(claim.tuning, LoraTuning):
        loaded = replace(base.loaded, model=twin_of(base.loaded.model))
    else:
        loaded = load_teacher(teaching, context.bases).loaded
    use_attention(loaded, layout)
    held.enter_context(adapted(loaded.model, teaching.adapter))
    return LiveTeacher(model=loaded.model, layout=layout, width=width_of(claim, teaching))


def _sampler(
    base: WarmBase, renderer: ChatRenderer, plan: SupervisedPlan, limits: EngineLimits
) -> Sampler:
    try:
        return Sampler(
            base.loaded,
            stop_ids=renderer.stop_ids,
            layout=plan.execution.layout,
            limits=limits,
        )
    except InvalidRequestError as error:
        raise JobFailedError(
            worded(
                "job.on_policy.unusable",
                "The student cannot answer while it is trained: {why} The method "
                "'probabilities' takes the teacher's answers instead.",
                why=error.message,
            ),
            code="model_not_available",
            param="model",
        ) from error


def _prompts(
    student: Examples,
    teacher: Examples,
    teaching: Teaching,
    renderers: tuple[ChatRenderer, ChatRenderer],
    reporter: JobReporter,
) -> TaughtPrompts:
    """Return what is to be answered: each conversation up to its last answer that is learned."""
    room = min(renderer.context_length for renderer in renderers) - teaching.max_tokens

    def of(part: Callable[[Examples], Sequence[RenderedExample]]) -> list[TaughtPrompt]:
        read = zip(part(student), part(teacher), strict=True)
        return [TaughtPrompt(student=_prompt(one), teacher=_prompt(other)) for one, other in read]

    every = [of(lambda files: files.training), of(lambda files: files.validation)]
    fitting = [[prompt for prompt in part if prompt.longest <= room] for part in every]
    left_out = sum(map(len, every)) - sum(map(len, fitting))
    if left_out:
        reporter.warn(
            worded(
                "job.on_policy.left_out",
                "{count} prompt(s) leave no room for an answer of {tokens} tokens "
                "within the contexts of student and teacher, and were left out.",
                count=left_out,
                tokens=teaching.max_tokens,
            )
        )
    if not fitting[0]:
        raise JobFailedError(
            worded(
                "job.on_policy.nothing",
                "None of the prompts of the training file leaves room for an "
                "answer of {tokens} tokens within the contexts of student and "
                "teacher. Use a smaller max_tokens.",
                tokens=teaching.max_tokens,
            ),
            code="invalid_training_file",
            param="training_file",
        )
    return TaughtPrompts(training=fitting[0], validation=fitting[1])


def _prompt(example: RenderedExample) -> tuple[int, ...]:
    """Return the ids before the last run of learned tokens."""
    end = len(example.trained) - 1 - example.trained[::-1].index(True)
    while end > 0 and example.trained[end - 1]:
        end -= 1
    return tuple(example.ids[:end])
