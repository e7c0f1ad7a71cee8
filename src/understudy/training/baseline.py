"""How good a model is on the validation file before it is trained."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from transformers import PreTrainedModel

from understudy.chat.rendering.renderer import RenderedExample
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import add_lora, read_adapter, remove_lora, set_adapter
from understudy.modeling.vision.features import ImageFeatures
from understudy.planning.supervised import SupervisedPlan
from understudy.training.run import use_attention
from understudy.training.validation import ValidationScore, score


def score_before_training(
    plan: SupervisedPlan,
    base: LoadedBase,
    validation: Sequence[RenderedExample],
    *,
    continue_from: Path | None,
    features: ImageFeatures | None = None,
) -> ValidationScore:
    """Measure the base, or the adapter that training continues; the base is left as it was."""
    execution = plan.execution
    use_attention(base, execution.layout)
    with adapted(base.model, continue_from):
        return score(
            base.model,
            validation,
            execution.tokens_per_micro_batch,
            execution.layout,
            features=features,
        )


@contextmanager
def adapted(model: PreTrainedModel, adapter: Path | None) -> Generator[None]:
    """Let a model be a tuned one for as long as the context lasts; None leaves it as it is."""
    if adapter is None:
        yield
        return
    weights = read_adapter(adapter)
    targets = {name.rpartition(".")[2] for name in weights.layers}
    layers = add_lora(model, rank=weights.rank, alpha=weights.alpha, targets=targets, seed=0)
    try:
        set_adapter(layers, weights)
        yield
    finally:
        remove_lora(model, layers)
