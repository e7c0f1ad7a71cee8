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
from understudy.wording import Sentence, together, worded

_USUAL = worded("job.why.usual", "the usual one")


def plan_in_words(plan: SupervisedPlan) -> Sentence:
    """Name the hyperparameters of a run and how each was chosen."""
    if isinstance(plan, ReinforcementPlan):
        return reinforcement_in_words(plan)
    values = plan.hyperparameters
    chosen = [*steps_in_words(values)]
    if isinstance(plan, PreferencePlan):
        chosen.append(chosen_in_words("beta", values.requested.beta, plan.beta, _USUAL))
    if isinstance(plan, PreferencePlan) and plan.sft_weight:
        chosen.append(chosen_in_words("sft_weight", plan.sft_weight, plan.sft_weight, _USUAL))
    return worded(
        "job.hyperparameters",
        "Hyperparameters: {chosen}; {steps} steps, peak learning rate "
        "{rate:.2e}, seed {seed}; trained: {tuning}",
        chosen=chosen,
        steps=values.total_steps,
        rate=plan.learning_rate,
        seed=plan.seed,
        tuning=tuning_in_words(plan.tuning),
    )


def steps_in_words(values: ResolvedHyperparameters) -> StepWords:
    """Say of each number that decides the steps how it was chosen."""
    return StepWords(
        n_epochs=epochs_in_words(values),
        batch_size=batch_size_in_words(values),
        learning_rate_multiplier=multiplier_in_words(values),
    )


def epochs_in_words(values: ResolvedHyperparameters) -> Sentence:
    """Say how often the file is passed over, and why."""
    return chosen_in_words(
        "n_epochs", values.requested.n_epochs, values.n_epochs, _why_epochs(values)
    )


def batch_size_in_words(values: ResolvedHyperparameters) -> Sentence:
    """Say how many examples make a step, and why."""
    why = worded(
        "job.why.batch",
        "{steps:,} steps for {examples:,} examples",
        steps=values.total_steps,
        examples=values.example_count,
    )
    return chosen_in_words("batch_size", values.requested.batch_size, values.batch_size, why)


def multiplier_in_words(values: ResolvedHyperparameters) -> Sentence:
    """Say what the learning rate is multiplied by, and why."""
    return chosen_in_words(
        "learning_rate_multiplier",
        values.requested.learning_rate_multiplier,
        values.learning_rate_multiplier,
        _why_multiplier(values),
    )


def execution_in_words(execution: Execution, *, why_padded: str, measured: str) -> Sentence:
    """Say how a run is computed, and what makes it slower than it could be.

    `why_padded` is the reason why examples cannot be packed, as the end of a sentence; `measured`
    are the numbers by which packing was judged.
    """
    parts: list[Sentence] = []
    if execution.layout is Layout.PACKED:
        parts.append(
            worded(
                "job.packed",
                "Examples are packed, checked on this base: {measured}",
                measured=measured,
            )
        )
    else:
        parts.append(
            worded(
                "job.padded",
                "Examples are padded instead of packed, because {why}: slower, and equally correct",
                why=why_padded,
            )
        )
    if execution.recomputes:
        parts.append(
            worded(
                "job.recomputes",
                "Memory is short, so layers are computed again in the backward "
                "pass: slower, and equally correct",
            )
        )
    return together(parts, ". ")


def _why_multiplier(values: ResolvedHyperparameters) -> Sentence:
    if values.learning_rate_multiplier == 1:
        return worded("job.why.rate", "the usual learning rate")
    return worded(
        "job.why.rate_root",
        "the square root of the batch size, at most {most:g}",
        most=MAX_MULTIPLIER,
    )


def _why_epochs(values: ResolvedHyperparameters) -> Sentence:
    examples = values.example_count
    if values.n_epochs > USUAL_EPOCHS:
        return worded(
            "job.why.more_epochs",
            "more than {usual}, because {examples:,} examples are few",
            usual=USUAL_EPOCHS,
            examples=examples,
        )
    if values.n_epochs < USUAL_EPOCHS:
        return worded(
            "job.why.fewer_epochs",
            "fewer than {usual}, because {examples:,} examples are many",
            usual=USUAL_EPOCHS,
            examples=examples,
        )
    return worded(
        "job.why.epochs",
        "the usual {usual} for {examples:,} examples",
        usual=USUAL_EPOCHS,
        examples=examples,
    )
