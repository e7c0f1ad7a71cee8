"""What a run's losses say about it, in words: the best epoch, and whether it learned by heart."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from understudy.training.metrics import StepMetrics
from understudy.wording import Sentence, together, worded

# One bad epoch may be chance; two in a row are a direction.
_RISES = 2
_CHOSEN = "train_chosen_reward"
_REWARD = "full_valid_mean_reward"


class Remark(NamedTuple):
    """A sentence about a run for the job's owner."""

    text: Sentence
    is_warning: bool


class EpochLosses(NamedTuple):
    """An epoch in numbers: losses are means in nats."""

    epoch: int
    """Counted from 1."""
    step: int
    """Its last step."""
    training: float
    """Mean over its steps."""
    validation: float


def remarks_on(steps: Iterable[StepMetrics], model_names: Mapping[int, str]) -> list[Remark]:
    """Say what a run's steps in order show; nothing without a validation file.

    `model_names` holds, by step, the checkpoints that are kept.
    """
    steps = list(steps)
    rewarded = [step for step in steps if _REWARD in step.more]
    if rewarded:
        return [_best_rewarded(rewarded)]
    displaced = _displacement(steps)
    epochs = epochs_of(steps)
    if not epochs:
        return displaced
    best = Remark(best_in_words(epochs, model_names), is_warning=False)
    if not is_overfitting(epochs):
        return [best, *displaced]
    return [best, Remark(overfitting_in_words(epochs), is_warning=True), *displaced]


def _best_rewarded(validated: Sequence[StepMetrics]) -> Remark:
    """Name the validation with the best reward, the later of equals."""
    best = max(validated, key=lambda step: (step.more[_REWARD], step.step))
    first, last = validated[0], validated[-1]
    text = worded(
        "job.best_reward",
        "Best full validation mean reward: {reward:.3f} at step {step} of "
        "{steps}, whose checkpoint becomes the fine-tuned model. It was "
        "{first:.3f} at step {first_step} and {last:.3f} at the end",
        reward=best.more[_REWARD],
        step=best.step,
        steps=best.total_steps,
        first=first.more[_REWARD],
        first_step=first.step,
        last=last.more[_REWARD],
    )
    return Remark(text, is_warning=False)


def _displacement(steps: Sequence[StepMetrics]) -> list[Remark]:
    """Warn when training over pairs made the preferred answers less likely than they were.

    Source: Razin et al. 2024, "Unintentional Unalignment: Likelihood Displacement in DPO".
    """
    last = steps[-max(1, len(steps) // 10) :]
    rewards = [step.more[_CHOSEN] for step in last if _CHOSEN in step.more]
    if not rewards or sum(rewards) / len(rewards) >= 0:
        return []
    text = worded(
        "job.displaced",
        "The preferred answers became less likely than they were before "
        "training (mean reward {reward:.2f} over the last {steps} "
        "step(s)); only the others fell further. Look at what the model "
        "says before you use it. A smaller learning_rate_multiplier, a "
        "larger beta, or sft_weight (such as 0.1) among the "
        "hyperparameters holds them up.",
        reward=sum(rewards) / len(rewards),
        steps=len(rewards),
    )
    return [Remark(text, is_warning=True)]


def epochs_of(steps: Iterable[StepMetrics]) -> list[EpochLosses]:
    """Return the epochs of a run from its steps in order; none without a validation file."""
    epochs: list[EpochLosses] = []
    training: list[float] = []
    for measured in steps:
        training.append(measured.train_loss)
        if measured.full_valid_loss is not None:
            mean = sum(training) / len(training)
            number = len(epochs) + 1
            epochs.append(EpochLosses(number, measured.step, mean, measured.full_valid_loss))
            training = []
    return epochs


def best_epoch(epochs: Sequence[EpochLosses]) -> EpochLosses:
    """Return the epoch with the lowest validation loss, the earlier of equals."""
    return min(epochs, key=lambda epoch: epoch.validation)


def is_overfitting(epochs: Sequence[EpochLosses]) -> bool:
    """Say whether validation rose over the last two epochs while training fell."""
    last = epochs[-_RISES - 1 :]
    pairs = list(pairwise(last))
    return len(pairs) == _RISES and all(
        later.validation > earlier.validation and later.training < earlier.training
        for earlier, later in pairs
    )


def best_in_words(epochs: Sequence[EpochLosses], model_names: Mapping[int, str]) -> Sentence:
    """Name the checkpoint with the best full validation loss.

    `model_names` holds, by step, those that are kept.
    """
    best = best_epoch(epochs)
    found = worded(
        "job.best_loss",
        "Best full validation loss: {loss:.4f} at step {step}, the end of epoch {epoch} of "
        "{epochs}",
        loss=best.validation,
        step=best.step,
        epoch=best.epoch,
        epochs=len(epochs),
    )
    return together((found, _its_checkpoint(best, epochs, model_names)), "; ")


def _its_checkpoint(
    best: EpochLosses, epochs: Sequence[EpochLosses], model_names: Mapping[int, str]
) -> Sentence:
    if best.step == epochs[-1].step:
        return worded("job.best_loss.last", "its checkpoint becomes the fine-tuned model")
    name = model_names.get(best.step)
    if name is None:
        return worded(
            "job.best_loss.gone",
            "its checkpoint is no longer kept, because only the last ones are",
        )
    return worded("job.best_loss.kept", "its checkpoint is {model}", model=name)


def overfitting_in_words(epochs: Sequence[EpochLosses]) -> Sentence:
    """Say how far validation and training went apart, and what may help."""
    best, last = best_epoch(epochs), epochs[-1]
    return worded(
        "job.overfitting",
        "The model may be overfitting: over the last {rises} epochs the "
        "validation loss rose while the training loss fell. The validation "
        "loss was best after epoch {epoch} ({best:.4f}) and is {last:.4f} "
        "after epoch {last_epoch}. Use the checkpoint of step {step} where "
        "it is kept, train with n_epochs={epoch}, or add more varied "
        "examples.",
        rises=_RISES,
        epoch=best.epoch,
        best=best.validation,
        last=last.validation,
        last_epoch=last.epoch,
        step=best.step,
    )
