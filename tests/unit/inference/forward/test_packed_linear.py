from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from tests.unit.inference.conftest import SMALL, save_model
from tests.unit.inference.support import answer_all, expected_greedy, request_for
from understudy.inference.engine.bases import load_engine
from understudy.inference.forward.packed_linear import (
    PackedLinear,
    can_pack,
    pack_linear_layers,
    unpack_linear_layers,
)
from understudy.inference.limits import EngineLimits

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="needs oneDNN, which packs the weights"
)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("tokens", [1, 7, 33, 300])
def test_a_packed_layer_gives_what_the_plain_one_gives(dtype: torch.dtype, bias: bool, tokens: int):
    torch.manual_seed(0)
    plain = nn.Linear(64, 96, bias=bias, dtype=dtype).requires_grad_(False)
    if not can_pack(plain):
        pytest.skip("this processor does not compute in bfloat16")
    x = torch.randn(1, tokens, 64, dtype=dtype)
    tolerance = 1e-5 if dtype == torch.float32 else 2e-2
    assert torch.allclose(PackedLinear(plain)(x), plain(x), atol=tolerance, rtol=tolerance)


def test_unpacking_gives_the_very_same_model_back(model_directory: Callable[[str], Path]):
    model = AutoModelForCausalLM.from_pretrained(model_directory("qwen2"))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    pack_linear_layers(model)
    assert isinstance(model.get_submodule("model.layers.0.self_attn.q_proj"), PackedLinear)
    unpack_linear_layers(model)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_served_model_is_packed(llama: Path):
    model = load_engine(llama, EngineLimits()).bank._model
    assert not [layer for layer in model.modules() if isinstance(layer, nn.Linear)]


@pytest.mark.parametrize("is_tied", [False, True])
def test_weights_are_counted_as_they_are_held(is_tied: bool, tmp_path: Path):
    config = LlamaConfig(**SMALL | {"tie_word_embeddings": is_tied})
    weights = load_engine(save_model(config, tmp_path), EngineLimits()).weight_bytes
    plain = LlamaForCausalLM(config)
    # Rotary frequencies are held beside the parameters.
    extra = sum(buffer.nbytes for buffer in plain.buffers())
    embedding = config.vocab_size * config.hidden_size
    expected = 4 * (sum(p.numel() for p in plain.parameters()) + (embedding if is_tied else 0))
    assert weights == expected + extra


@pytest.mark.parametrize("damage", [RuntimeError("no such product"), None])
def test_a_model_that_packing_would_change_is_served_as_it_is(
    damage: Exception | None, llama: Path, monkeypatch: pytest.MonkeyPatch
):
    def wrong(layer: PackedLinear, x: torch.Tensor) -> torch.Tensor:
        if damage is not None:
            raise damage
        return x.new_zeros(*x.shape[:-1], layer.out_features)

    monkeypatch.setattr(PackedLinear, "forward", wrong)
    engine = load_engine(llama, EngineLimits())
    assert not [layer for layer in engine.bank._model.modules() if isinstance(layer, PackedLinear)]
    (answer,) = answer_all(engine, [request_for(llama, [5, 6, 7])])
    assert answer.tokens == expected_greedy(llama, [5, 6, 7]).tokens
