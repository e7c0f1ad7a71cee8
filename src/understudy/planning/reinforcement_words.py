"""How a run over graded answers was planned, in words for the job's owner."""

from understudy.planning.choice import StepWords, chosen_in_words
from understudy.planning.hyperparameters import ResolvedHyperparameters
from understudy.planning.reinforcement import (
    AUTO_STEPS,
    AUTO_VALIDATIONS,
    MAX_AUTO_BATCH,
    MIN_AUTO_BATCH,
    ReinforcementPlan,
)
from understudy.registry.tuning import tuning_in_words
from understudy.wording import Sentence, worded


def prompt_steps_in_words(values: ResolvedHyperparameters) -> StepWords:
    """Say how often the prompts are passed over, how many make a step, and how fast it learns."""
    asked = values.requested
    return StepWords(
        n_epochs=chosen_in_words(
            "n_epochs",
            asked.n_epochs,
            values.n_epochs,
            worded("job.why.steps", "so that there are {steps} steps", steps=AUTO_STEPS),
        ),
        batch_size=chosen_in_words(
            "batch_size",
            asked.batch_size,
            values.batch_size,
            worded(
                "job.why.fiftieth",
                "a fiftieth of {prompts:,} prompts, {least} to {most}",
                prompts=values.example_count,
                least=MIN_AUTO_BATCH,
                most=MAX_AUTO_BATCH,
            ),
        ),
        learning_rate_multiplier=chosen_in_words(
            "learning_rate_multiplier",
            asked.learning_rate_multiplier,
            values.learning_rate_multiplier,
            worded("job.why.reward_rate", "the usual learning rate of rewards"),
        ),
    )


def reinforcement_in_words(plan: ReinforcementPlan) -> Sentence:
    """Name the hyperparameters of a run and how each was chosen."""
    values = plan.hyperparameters
    asked = values.requested
    chosen = [
        *prompt_steps_in_words(values),
        chosen_in_words(
            "compute_multiplier",
            asked.compute_multiplier,
            plan.compute_multiplier,
            worded("job.why.usual", "the usual one"),
        ),
        chosen_in_words(
            "eval_interval",
            asked.eval_interval,
            plan.eval_interval,
            worded(
                "job.why.validations",
                "{validations} validations, or one a step",
                validations=AUTO_VALIDATIONS,
            ),
        ),
        chosen_in_words(
            "eval_samples",
            asked.eval_samples,
            plan.eval_samples,
            worded("job.why.fewest", "the fewest"),
        ),
        f"reasoning_effort={plan.reasoning_effort}",
        chosen_in_words(
            "max_completion_tokens",
            asked.max_completion_tokens,
            plan.max_completion_tokens,
            worded("job.why.effort", "by reasoning_effort, as far as the model's context allows"),
        ),
    ]
    return worded(
        "job.hyperparameters.reward",
        "Hyperparameters: {chosen}; {steps} steps of {prompts} prompts "
        "with {group} answers each, peak learning rate {rate:.2e}, seed "
        "{seed}; trained: {tuning}",
        chosen=chosen,
        steps=values.total_steps,
        prompts=values.batch_size,
        group=plan.group_size,
        rate=plan.learning_rate,
        seed=plan.seed,
        tuning=tuning_in_words(plan.tuning),
    )
