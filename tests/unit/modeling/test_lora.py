import json
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from tests.tiny import examples, llama
from understudy.modeling.forward import hidden_states, output_head
from understudy.modeling.lora import (
    add_lora,
    copy_adapter,
    held_adapter,
    merge_adapter,
    read_adapter,
    remove_lora,
    save_adapter,
    set_adapter,
)

TOKENS = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6])


def logits(model: torch.nn.Module) -> torch.Tensor:
    positions = torch.arange(len(TOKENS))
    return output_head(model)(hidden_states(model, TOKENS, positions, (len(TOKENS),)))


def with_random_update(model: torch.nn.Module):
    layers = add_lora(model, rank=4, alpha=8.0, seed=1)
    generator = torch.Generator().manual_seed(2)
    for layer in layers.values():
        with torch.no_grad():
            layer.b_OR.normal_(std=0.1, generator=generator)
    return layers


def test_at_the_start_the_model_computes_exactly_what_the_base_does():
    model = llama()
    before = logits(model)

    add_lora(model, rank=4, alpha=8.0, seed=1)

    assert torch.equal(logits(model), before)


def test_every_linear_layer_but_the_head_is_wrapped_and_put_back():
    model = llama()
    layers = add_lora(model, rank=4, alpha=8.0, seed=1)
    names = {name.rsplit(".", 1)[-1] for name in layers}

    assert names == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert len(layers) == 14
    remove_lora(model, layers)
    assert not any("a_RI" in name for name, _ in model.named_parameters())


def test_peft_loads_the_directory_to_equal_logits(tmp_path: Path):
    model = llama()
    layers = with_random_update(model)
    save_adapter(tmp_path, copy_adapter(layers, rank=4, alpha=8.0), base="tiny")
    ours = logits(model)

    plain = llama()
    plain.set_attn_implementation("sdpa")
    theirs = PeftModel.from_pretrained(plain, tmp_path)(input_ids=TOKENS[None]).logits[0]

    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_an_adapter_read_back_gives_the_same_model(tmp_path: Path):
    model = llama()
    save_adapter(tmp_path, copy_adapter(with_random_update(model), rank=4, alpha=8.0), base="tiny")

    again = llama()
    weights = read_adapter(tmp_path)
    set_adapter(add_lora(again, rank=4, alpha=8.0, seed=9), weights)

    assert weights.scaling == 2.0
    assert torch.equal(logits(again), logits(model))
    assert json.loads((tmp_path / "adapter_config.json").read_text())["r"] == 4


def test_merged_weights_equal_the_unmerged_model():
    model = llama()
    layers = with_random_update(model)
    unmerged = logits(model)

    weights = copy_adapter(layers, rank=4, alpha=8.0)
    remove_lora(model, layers)
    merge_adapter(model, weights)

    torch.testing.assert_close(logits(model), unmerged, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_token_sees_its_own_segment_and_nothing_before_it(dtype: torch.dtype):
    model = llama().to(dtype)
    first, second = (torch.tensor(example.ids) for example in examples(2))
    both = torch.cat([first, second])
    positions = torch.cat([torch.arange(len(first)), torch.arange(len(second))])

    packed = hidden_states(model, both, positions, (len(first), len(second)))
    alone = hidden_states(model, second, torch.arange(len(second)), (len(second),))

    torch.testing.assert_close(packed[len(first) :], alone, rtol=2e-2, atol=2e-2)
    if dtype is torch.float32:
        torch.testing.assert_close(packed[len(first) :], alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_held_adapter_computes_the_same_and_is_let_go_afterwards(dtype: torch.dtype):
    model = llama().to(dtype)
    layers = with_random_update(model)
    before, exact = logits(model), logits(deepcopy(model).float())

    with torch.no_grad(), held_adapter(model):
        held = logits(model)
        # Few tokens meet a bfloat16 adapter in float32: nearer to the truth, not equal.
        assert float((held - exact).abs().mean()) <= 1.05 * float((before - exact).abs().mean())
        for layer in layers.values():
            layer.b_OR.zero_()
        assert torch.equal(logits(model), held)

    assert not torch.equal(logits(model), before)
