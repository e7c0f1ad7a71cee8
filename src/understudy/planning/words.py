"""How a run was planned, in words for the job's owner."""

from understudy.planning.auto import MAX_MULTIPLIER, USUAL_EPOCHS
from understudy.planning.choice import StepWords, chosen_in_words
from understudy.planning.execution import Execution, Layout
from understudy.planning.hyperparameters import ResolvedHyperparameters
from understudy.planning.preference import PreferencePlan
from understudy.planning.reinforcement import ReinforcementPlan
from understudy.planning.reinforcement_words import reinforcement_in_words
from understudy.planning.supervised import SupervisedPlan
from understudy.registry.tuning import tuning_in_words


def plan_in_words(plan: SupervisedPlan) -> str:
    """Name the hyperparameters of a run and how each was chosen."""
    if isinstance(plan, ReinforcementPlan):
        return reinforcement_in_words(plan)
    values = plan.hyperparameters
    chosen = [*steps_in_words(values)]
    if isinstance(plan, PreferencePlan):
        chosen.append(chosen_in_words("beta", values.requested.beta, plan.beta, "the usual one"))
    if isinstance(plan, PreferencePlan) and plan.sft_weight:
        chosen.append(f"sft_weight={plan.sft_weight} (as requested)")
    return (
        f"Hyperparameters: {', '.join(chosen)}; {values.total_steps} steps, peak learning rate "
        f"{plan.learning_rate:.2e}, seed {plan.seed}; trained: {tuning_in_words(plan.tuning)}"
    )


def steps_in_words(values: ResolvedHyperparameters) -> StepWords:
    """Say of each number that decides the steps how it was chosen."""
    return StepWords(
        n_epochs=epochs_in_words(values),
        batch_size=batch_size_in_words(values),
        learning_rate_multiplier=multiplier_in_words(values),
    )


def epochs_in_words(values: ResolvedHyperparameters) -> str:
    """Say how often the file is passed over, and why."""
    return chosen_in_words(
        "n_epochs", values.requested.n_epochs, values.n_epochs, _why_epochs(values)
    )


def batch_size_in_words(values: ResolvedHyperparameters) -> str:
    """Say how many examples make a step, and why."""
    why = f"{values.total_steps:,} steps for {values.example_count:,} examples"
    return chosen_in_words("batch_size", values.requested.batch_size, values.batch_size, why)


def multiplier_in_words(values: ResolvedHyperparameters) -> str:
    """Say what the learning rate is multiplied by, and why."""
    return chosen_in_words(
        "learning_rate_multiplier",
        values.requested.learning_rate_multiplier,
        values.learning_rate_multiplier,
        _why_multiplier(values),
    )


def execution_in_words(execution: Execution, *, why_padded: str, measured: str) -> str:
    """Say how a run is computed, and what makes it slower than it could be.

    `why_padded` is the reason why examples cannot be packed, as the end of a sentence; `measured`
    are the numbers by which packing was judged.
    """
    parts: list[str] = []
    if execution.layout is Layout.PACKED:
        parts.append(f"Examples are packed, checked on this base: {measured}")
    else:
        parts.append(
            f"Examples are padded instead of packed, because {why_padded}: "
            "slower, and equally correct"
        )
    if execution.recomputes:
        parts.append(
            "Memory is short, so layers are computed again in the backward pass: "
            "slower, and equally correct"
        )
    return ". ".join(parts)


def _why_multiplier(values: ResolvedHyperparameters) -> str:
    if values.learning_rate_multiplier == 1:
        return "the usual learning rate"
    return f"the square root of the batch size, at most {MAX_MULTIPLIER:g}"


def _why_epochs(values: ResolvedHyperparameters) -> str:
    examples = f"{values.example_count:,} examples"
    if values.n_epochs > USUAL_EPOCHS:
        return f"more than {USUAL_EPOCHS}, because {examples} are few"
    if values.n_epochs < USUAL_EPOCHS:
        return f"fewer than {USUAL_EPOCHS}, because {examples} are many"
    return f"the usual {USUAL_EPOCHS} for {examples}"
