"""LoRA on experts: the same as peft's `target_parameters`, on disk too."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import PreTrainedModel

from tests.unit.modeling.mixtures import MIXTURES, mixture
from understudy.modeling.experts import expert_modules, weight_names
from understudy.modeling.lora import (
    LoraLinear,
    add_lora,
    copy_adapter,
    count_lora_weights,
    merge_adapter,
    read_adapter,
    remove_lora,
    save_adapter,
    set_adapter,
)
from understudy.modeling.lora_reach import lora_reach

IDS = torch.arange(40)[None] % 97
RANK, ALPHA = 3, 6.0


def logits(model: Any) -> Tensor:
    return model(input_ids=IDS).logits


def trained(model: PreTrainedModel, targets: tuple[str, ...] = ()) -> dict[str, Any]:
    """Add LoRA with a B that is not zero."""
    layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=1, targets=targets)
    torch.manual_seed(5)
    for layer in layers.values():
        nn.init.normal_(layer.b_OR, std=0.1)
    return layers


def saved(directory: Path, layers: dict[str, Any]) -> Path:
    directory.mkdir()
    save_adapter(directory, copy_adapter(layers, rank=RANK, alpha=ALPHA), base="tiny")
    return directory


@pytest.mark.parametrize("family", MIXTURES)
def test_experts_are_adapted_and_computed_as_the_model_does(family: str):
    model = mixture(family)
    before = logits(model)
    layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=1)

    names = {
        name for _, experts in expert_modules(mixture(family)) for name in weight_names(experts)
    }
    assert {name.rpartition(".")[2] for name in layers if ".experts." in name} == names != set()
    torch.testing.assert_close(logits(model), before, rtol=1e-4, atol=1e-5)
    assert sum(p.numel() for x in layers.values() for p in (x.a_RI, x.b_OR)) == count_lora_weights(
        mixture(family), rank=RANK, targets=()
    )
    remove_lora(model, layers)
    assert torch.equal(logits(model), before)


@pytest.mark.parametrize("family", MIXTURES)
def test_logits_and_gradients_are_those_of_peft(family: str, tmp_path: Path):
    model = mixture(family)
    layers = trained(model)
    ours = logits(model)
    ours.float().square().mean().backward()
    peft: Any = PeftModel.from_pretrained(
        mixture(family), str(saved(tmp_path / "adapter", layers)), is_trainable=True
    )
    peft.eval()

    theirs = logits(peft)
    theirs.float().square().mean().backward()

    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(ours, logits(mixture(family)), atol=1e-2)
    gradients = {
        name.replace(".default", ""): parameter.grad
        for name, parameter in peft.named_parameters()
        if "lora_" in name
    }
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert "experts.down_proj" in config["target_parameters"]
    assert len(gradients) == 2 * len(layers)
    for name, layer in layers.items():
        key = f"base_model.model.{name}"
        if not isinstance(layer, LoraLinear):
            module, _, parameter = key.rpartition(".")
            key = module if parameter == "down_proj" else f"{module}.base_layer"
        for ending, own in (("A", layer.a_RI), ("B", layer.b_OR)):
            grad = gradients[f"{key}.lora_{ending}.weight"]
            torch.testing.assert_close(own.grad, grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("family", MIXTURES)
def test_an_adapter_is_read_continued_and_merged(family: str, tmp_path: Path):
    model = mixture(family)
    layers = trained(model)
    expected = logits(model)
    weights = read_adapter(saved(tmp_path / "adapter", layers))
    assert weights.layers.keys() == layers.keys()

    again, merged = mixture(family), mixture(family)
    set_adapter(add_lora(again, rank=RANK, alpha=ALPHA, seed=9), weights)
    merge_adapter(merged, weights)

    assert torch.equal(logits(again), expected)
    torch.testing.assert_close(logits(merged), expected, rtol=1e-4, atol=1e-4)


def test_an_adapter_of_peft_on_some_parameters_is_read(tmp_path: Path):
    config = LoraConfig(
        r=RANK,
        lora_alpha=6,
        target_modules=["q_proj"],
        target_parameters=["mlp.experts.gate_up_proj"],
        init_lora_weights=False,
    )
    peft: Any = get_peft_model(mixture("qwen3_moe"), config)
    peft.save_pretrained(tmp_path)

    weights = read_adapter(tmp_path)

    model = mixture("qwen3_moe")
    targets = ("q_proj", "gate_up_proj")
    set_adapter(add_lora(model, rank=RANK, alpha=6.0, seed=1, targets=targets), weights)
    torch.testing.assert_close(logits(model), logits(peft.eval()), rtol=1e-4, atol=1e-4)


def test_chosen_layers_leave_the_experts_as_they_are():
    model = mixture("qwen3_moe")
    layers = add_lora(model, rank=RANK, alpha=ALPHA, seed=1, targets=("q_proj", "down_proj"))
    assert {name.rpartition(".")[2] for name in layers} == {"q_proj", "down_proj"}
    reach = lora_reach(mixture("qwen3_moe"), ("q_proj", "down_proj"))
    assert reach.trained == ("q_proj", "experts.down_proj")
    assert reach.left_out[0] == "experts.gate_up_proj"
