import sys

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    GraniteConfig,
    Lfm2Config,
    LlamaConfig,
    MistralConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen3Config,
)

from tests.tiny import llama
from tests.unit.modeling.real_scales import DEEP, scaled_like_a_real_model
from understudy.errors import InvalidRequestError
from understudy.modeling.attention import Segments, packed_attention
from understudy.modeling.own_faults import OwnFaultError
from understudy.modeling.packing import examine_packing

SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def build(config: PreTrainedConfig, attention: str = "sdpa") -> PreTrainedModel:
    torch.manual_seed(0)
    config.initializer_range = 0.2
    return AutoModelForCausalLM.from_config(config, attn_implementation=attention).eval()


@pytest.mark.parametrize(
    "config",
    [
        MistralConfig(**SHAPE, sliding_window=None),
        Qwen3Config(**SHAPE, head_dim=8),
        GraniteConfig(**SHAPE, logits_scaling=4.0),
        CohereConfig(**SHAPE, pad_token_id=0, bos_token_id=1, eos_token_id=2),
    ],
    ids=lambda config: config.model_type,
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_plain_transformers_keep_examples_of_any_length_apart(
    config: PreTrainedConfig, dtype: torch.dtype
):
    packing = examine_packing(build(config).to(dtype), "sdpa")

    assert (packing.longest, packing.is_padding_exact) == (sys.maxsize, True)


def test_a_sliding_window_bounds_the_examples_that_are_packed():
    packing = examine_packing(build(MistralConfig(**SHAPE, sliding_window=64)), "sdpa")

    assert packing.longest == 64
    assert packing.reason == "its attention looks back 64 tokens"


def test_frequencies_that_follow_the_longest_example_bound_both_ways_of_batching():
    rope = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}
    rope["original_max_position_embeddings"] = 64
    packing = examine_packing(build(LlamaConfig(**SHAPE, rope_parameters=rope)), "sdpa")

    assert (packing.longest, packing.is_padding_exact) == (64, False)


@pytest.mark.parametrize(
    ("config", "attention", "reason"),
    [
        (
            Lfm2Config(**SHAPE, layer_types=["conv", "full_attention"]),
            "sdpa",
            "its layers would mix neighbouring examples",
        ),
        (
            Gemma2Config(**SHAPE, head_dim=8),
            "eager",
            "its attention has capped scores",
        ),
    ],
    ids=["convolutions", "capped scores"],
)
def test_what_packing_would_change_is_found_out_by_trying(
    config: PreTrainedConfig, attention: str, reason: str
):
    model = build(config, attention)
    packing = examine_packing(model, attention)

    assert (packing.longest, packing.reason) == (0, reason)
    assert model.config._attn_implementation == attention


def test_a_model_that_mixes_neighbours_whatever_its_name_is_not_packed():
    model = llama()

    def leak(module: torch.nn.Module, arguments: tuple[torch.Tensor], output: torch.Tensor):
        return output + torch.cumsum(output, dim=1)

    model.model.layers[0].mlp.register_forward_hook(leak)

    assert examine_packing(model, "sdpa").longest == 0


def test_logits_that_are_made_in_an_unknown_way_are_refused():
    model = llama()
    model.lm_head.register_forward_hook(lambda module, arguments, output: output)
    usual = model.forward

    def doubled(*arguments: object, **options: object):
        output = usual(*arguments, **options)
        output.logits = output.logits**2
        return output

    model.forward = doubled

    with pytest.raises(InvalidRequestError, match="made in a way that is not known"):
        examine_packing(model, "sdpa")


def attend(length: int, **changes: object) -> None:
    query = torch.randn(1, 4, length, 8)
    key = torch.randn(1, 2, length, 8)
    segments = Segments.of([length], query.device)
    packed_attention(
        torch.nn.Identity(), query, key, key, None, scaling=1.0, segments=segments, **changes
    )


def test_a_sliding_window_is_refused_only_where_it_would_be_felt():
    attend(8, sliding_window=8)

    with pytest.raises(InvalidRequestError, match="sliding window of 7 tokens"):
        attend(8, sliding_window=7)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"softcap": 50.0}, "capped scores"), ({"s_aux": torch.zeros(4)}, "sinks")],
    ids=["softcap", "sinks"],
)
def test_attention_that_is_computed_differently_is_refused(changes: dict[str, object], words: str):
    with pytest.raises(InvalidRequestError, match=f"its attention has {words}"):
        attend(8, **changes)


def test_a_verdict_does_not_hang_on_rounding():
    model = scaled_like_a_real_model(build(LlamaConfig(**DEEP))).to(torch.bfloat16)

    packing = examine_packing(model, "sdpa")

    assert packing.longest == sys.maxsize
    assert "float32 logits differ by" in packing.numbers
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}


def test_a_fault_of_our_own_attention_is_no_verdict_about_the_model(
    monkeypatch: pytest.MonkeyPatch,
):
    def fail(*arguments: object, **options: object) -> None:
        raise TypeError("varlen_attn() got an unexpected keyword argument")

    monkeypatch.setattr("understudy.modeling.attention._attention", fail)

    with pytest.raises(OwnFaultError, match="unexpected keyword argument"):
        examine_packing(llama(), "sdpa")
