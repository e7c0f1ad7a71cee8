"""What a run needs memory for, measured on the loaded model before it starts."""

import sys

from understudy.modeling.activations import measure_activations
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import count_expert_weights, count_lora_weights
from understudy.modeling.packing import Packing
from understudy.modeling.recomputation import can_recompute
from understudy.modeling.vision.language import attend_with, language_parameters
from understudy.planning.execution import Layout
from understudy.planning.memory import Demand, logit_bytes, training_bytes
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning

_FLOAT32_BYTES = 4


def demand_of(
    base: LoadedBase, packing: Packing, tuning: Tuning, *, longest: int, batch_size: int
) -> Demand:
    """Measure what training a base on examples of up to `longest` tokens needs.

    Raises InvalidRequestError when it does not have the layers to adapt.
    """
    model = base.model
    layout = Layout.PACKED if longest <= packing.longest else Layout.PADDED
    attend_with(model, PACKED_ATTENTION if layout is Layout.PACKED else base.own_attention)
    if isinstance(tuning, LoraTuning):
        weights = count_lora_weights(model, rank=tuning.rank, targets=tuning.targets)
        weight_bytes = _FLOAT32_BYTES
        # An adapter of experts is large, and its copy in the model's format is kept for a step.
        experts = count_expert_weights(model, rank=tuning.rank, targets=tuning.targets)
        copy_bytes = experts * base.dtype.itemsize
    else:
        weights, weight_bytes, copy_bytes = (
            sum(p.numel() for p in language_parameters(model)),
            base.dtype.itemsize,
            0,
        )
    return Demand(
        layout=layout,
        is_alone=layout is Layout.PADDED and not packing.is_padding_exact,
        activations=measure_activations(model, layout, longest=_longest_probe(layout, packing)),
        can_recompute=can_recompute(model),
        trained_weights=weights,
        training_bytes=copy_bytes
        + training_bytes(weights, weight_bytes, is_saved_beside=model.device.type == "cpu"),
        logit_bytes=logit_bytes(model.config.get_text_config().vocab_size, longest * batch_size),
        longest=longest,
        batch_size=batch_size,
        is_full=isinstance(tuning, FullTuning),
    )


def _longest_probe(layout: Layout, packing: Packing) -> int:
    return packing.longest if layout is Layout.PACKED else sys.maxsize
