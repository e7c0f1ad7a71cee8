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


def prompt_steps_in_words(values: ResolvedHyperparameters) -> StepWords:
    """Say how often the prompts are passed over, how many make a step, and how fast it learns."""
    asked = values.requested
    return StepWords(
        n_epochs=chosen_in_words(
            "n_epochs", asked.n_epochs, values.n_epochs, f"so that there are {AUTO_STEPS} steps"
        ),
        batch_size=chosen_in_words(
            "batch_size",
            asked.batch_size,
            values.batch_size,
            f"a fiftieth of {values.example_count:,} prompts, {MIN_AUTO_BATCH} to {MAX_AUTO_BATCH}",
        ),
        learning_rate_multiplier=chosen_in_words(
            "learning_rate_multiplier",
            asked.learning_rate_multiplier,
            values.learning_rate_multiplier,
            "the usual learning rate of rewards",
        ),
    )


def reinforcement_in_words(plan: ReinforcementPlan) -> str:
    """Name the hyperparameters of a run and how each was chosen."""
    values = plan.hyperparameters
    asked = values.requested
    chosen = [
        *prompt_steps_in_words(values),
        chosen_in_words(
            "compute_multiplier", asked.compute_multiplier, plan.compute_multiplier, "the usual one"
        ),
        chosen_in_words(
            "eval_interval",
            asked.eval_interval,
            plan.eval_interval,
            f"{AUTO_VALIDATIONS} validations, or one a step",
        ),
        chosen_in_words("eval_samples", asked.eval_samples, plan.eval_samples, "the fewest"),
        f"reasoning_effort={plan.reasoning_effort}",
        chosen_in_words(
            "max_completion_tokens",
            asked.max_completion_tokens,
            plan.max_completion_tokens,
            "by reasoning_effort, as far as the model's context allows",
        ),
    ]
    return (
        f"Hyperparameters: {', '.join(chosen)}; {values.total_steps} steps of {values.batch_size} "
        f"prompts with {plan.group_size} answers each, peak learning rate "
        f"{plan.learning_rate:.2e}, seed {plan.seed}; trained: {tuning_in_words(plan.tuning)}"
    )
