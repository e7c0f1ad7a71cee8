import pytest
import torch
from transformers import AutoModelForCausalLM, MistralConfig, PreTrainedConfig, Qwen3Config

from tests.tiny import llama
from understudy.errors import InvalidRequestError
from understudy.modeling.attention import PACKED_ATTENTION, packed_attention
from understudy.modeling.packing import check_packing

SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
}


@pytest.mark.parametrize("config", [MistralConfig(**SHAPE), Qwen3Config(**SHAPE)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_plain_transformers_keep_examples_apart(config: PreTrainedConfig, dtype: torch.dtype):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, attn_implementation=PACKED_ATTENTION)

    check_packing(model.to(dtype).eval())


def test_a_model_that_mixes_neighbours_is_refused():
    model = llama()

    def leak(module: torch.nn.Module, arguments: tuple[torch.Tensor], output: torch.Tensor):
        return output + torch.cumsum(output, dim=1)

    model.model.layers[0].mlp.register_forward_hook(leak)

    with pytest.raises(InvalidRequestError, match="mix neighbouring examples"):
        check_packing(model)


def attend(length: int, **changes: object) -> None:
    query = torch.randn(1, 4, length, 8)
    key = torch.randn(1, 2, length, 8)
    packed_attention(torch.nn.Identity(), query, key, key, None, scaling=1.0, **changes)


def test_a_sliding_window_is_refused_only_where_it_would_be_felt():
    attend(8, sliding_window=8)

    with pytest.raises(InvalidRequestError, match="sliding window of 7 tokens"):
        attend(8, sliding_window=7)


@pytest.mark.parametrize("changes", [{"softcap": 50.0}, {"s_aux": torch.zeros(4)}])
def test_attention_that_is_computed_differently_is_refused(changes: dict[str, object]):
    with pytest.raises(InvalidRequestError, match="not supported here yet"):
        attend(8, **changes)
