"""How good a model is on the validation file before it is trained."""

from collections.abc import Sequence
from pathlib import Path

from understudy.chat.renderer import RenderedExample
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import add_lora, read_adapter, remove_lora, set_adapter
from understudy.training.plan import TrainingPlan
from understudy.training.validation import ValidationScore, score


def score_before_training(
    plan: TrainingPlan,
    base: LoadedBase,
    validation: Sequence[RenderedExample],
    *,
    continue_from: Path | None,
) -> ValidationScore:
    """Measure the base, or the adapter that training goes on from; the base is left as it was."""
    if continue_from is None:
        return score(base.model, validation, plan.tokens_per_micro_batch)
    layers = add_lora(base.model, rank=plan.lora_rank, alpha=plan.lora_alpha, seed=plan.seed)
    try:
        set_adapter(layers, read_adapter(continue_from))
        return score(base.model, validation, plan.tokens_per_micro_batch)
    finally:
        remove_lora(base.model, layers)
