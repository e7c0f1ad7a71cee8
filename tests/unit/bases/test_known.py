"""The catalogue against the models that transformers builds from its shapes, without weights."""

from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from understudy.bases.fit import Fit, MachineMemory, needs_of
from understudy.bases.known import KnownBase, known_bases
from understudy.modeling.activations import measure_activations
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.lora import count_lora_weights
from understudy.planning.activations import estimate_activations
from understudy.planning.execution import Layout
from understudy.planning.shape import ModelShape

BASES = list(known_bases().values())
MACHINE = MachineMemory(device="cpu", total_bytes=24 * 10**9, free_bytes=20 * 10**9, itemsize=2)


def built(shape: ModelShape, **changes: int) -> PreTrainedModel:
    described: dict[str, Any] = {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "intermediate_size": shape.intermediate,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_heads,
        "head_dim": shape.head_size,
        "tie_word_embeddings": shape.is_tied,
        "pad_token_id": 0,
        **changes,
    }
    if shape.experts > 1:
        described |= {"num_local_experts": shape.experts}
    return AutoModelForCausalLM.from_config(AutoConfig.for_model(shape.family, **described))


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_the_stated_size_is_that_of_the_model(base: KnownBase):
    with torch.device("meta"):
        model = built(base.shape)
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert base.parameters == pytest.approx(counted, rel=0.01)


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_an_adapter_is_as_large_as_the_shape_says(base: KnownBase):
    with torch.device("meta"):
        model = built(base.shape)
    assert base.shape.lora_weights_per_rank == count_lora_weights(model, rank=1, targets=())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "family", ["llama", "qwen2", "qwen3", "smollm3", "mistral", "gemma3_text", "phi3"]
)
def test_activations_follow_from_the_shape_as_they_are_measured(family: str, dtype: torch.dtype):
    shape = ModelShape(
        family=family,
        vocabulary=97,
        hidden=96,
        layers=3,
        intermediate=256,
        heads=6,
        key_heads=2,
        head_size=16,
        is_tied=True,
    )
    model = built(shape)
    model.set_attn_implementation(PACKED_ATTENTION)
    measured = measure_activations(model.to(dtype), Layout.PACKED)
    estimated = estimate_activations(shape, dtype.itemsize)
    for longest in (100, 1000):
        assert estimated.kept(2000, longest) == pytest.approx(measured.kept(2000, longest), rel=0.1)


def test_every_base_has_what_its_reader_needs():
    assert len(BASES) >= 20
    for base in BASES:
        assert base.hub_id.count("/") == 1
        assert base.licence
        assert base.context >= 4096
    assert [base.name for base in BASES if base.index] == ["smollm2-135m"]


def test_a_larger_way_to_train_takes_more_and_a_larger_base_too():
    small, large = known_bases()["smollm2-135m"], known_bases()["qwen3-8b"]
    needs, more = needs_of(small, MACHINE), needs_of(large, MACHINE)
    assert needs.serve_bytes < needs.lora_bytes < needs.full_bytes
    # 16 bits a weight, and the keys and values of 30 layers for 4,096 tokens.
    assert needs.serve_bytes == small.parameters * 2 + 4096 * 2 * 30 * 192 * 2
    assert MACHINE.fit(needs.lora_bytes) is Fit.FITS
    assert MACHINE.fit(more.full_bytes) is Fit.TOO_LARGE
    assert MACHINE.fit(22 * 10**9) is Fit.FITS_WHEN_FREE
