import json
from pathlib import Path

import pytest

from understudy.modeling.processes.check_architecture import examine


def find_problem(directory: Path, targets: list[str] | None = None) -> str | None:
    return examine(directory, targets or []).problem


SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
}


def write_config(directory: Path, **config: object) -> Path:
    (directory / "config.json").write_text(json.dumps(SHAPE | config))
    return directory


@pytest.mark.parametrize("model_type", ["llama", "mistral", "qwen2", "qwen3", "smollm3"])
def test_architectures_of_transformers_can_be_built(tmp_path: Path, model_type: str):
    directory = write_config(tmp_path, model_type=model_type, pad_token_id=0)
    assert find_problem(directory) is None


def test_an_architecture_that_transformers_lacks_is_a_problem(tmp_path: Path):
    problem = find_problem(write_config(tmp_path, model_type="never_heard_of"))
    assert problem is not None
    assert "never_heard_of" in problem


def test_a_model_that_does_not_write_text_is_a_problem(tmp_path: Path):
    assert find_problem(write_config(tmp_path, model_type="vit")) is not None


def test_a_shape_that_cannot_be_is_a_problem(tmp_path: Path):
    assert find_problem(write_config(tmp_path, model_type="llama", hidden_size="wide")) is not None


@pytest.mark.parametrize(
    "family", [{"model_type": "gemma2"}, {"model_type": "lfm2", "layer_types": ["conv"] * 2}]
)
def test_architectures_with_an_attention_of_their_own_can_be_built(
    tmp_path: Path, family: dict[str, object]
):
    assert find_problem(write_config(tmp_path, **family)) is None


def test_layers_to_adapt_that_do_not_exist_are_a_problem(tmp_path: Path):
    directory = write_config(tmp_path, model_type="llama")
    assert find_problem(directory, ["q_proj"]) is None
    assert "no linear layers named c_attn" in (find_problem(directory, ["c_attn"]) or "")


MIXTURE = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}


def test_experts_that_lora_does_not_train_are_named(tmp_path: Path):
    directory = write_config(tmp_path, model_type="qwen3_moe", **MIXTURE)
    found = examine(directory, ["q_proj", "down_proj"])
    assert found.problem is None
    assert found.left_out is not None
    assert found.left_out.startswith("LoRA trains q_proj and experts.down_proj. It does not train ")
    assert "experts.gate_up_proj and gate.weight, which are" in found.left_out


def test_experts_are_trained_where_nothing_else_is_chosen(tmp_path: Path):
    found = examine(write_config(tmp_path, model_type="qwen3_moe", **MIXTURE))
    assert found.problem is None
    # The router of so small a model is a share of it that counts.
    assert found.left_out is not None
    assert "It does not train gate.weight, which" in found.left_out


def test_a_model_of_linear_layers_has_nothing_that_lora_leaves_out(tmp_path: Path):
    assert examine(write_config(tmp_path, model_type="llama")).left_out is None
