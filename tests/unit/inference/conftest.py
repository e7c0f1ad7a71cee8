"""Tiny random models of several architectures and LoRA adapters for them, as directories."""

from collections.abc import Callable
from pathlib import Path

import peft
import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Cohere2Config,
    Gemma3TextConfig,
    GptOssConfig,
    LlamaConfig,
    MistralConfig,
    PreTrainedConfig,
    Qwen2Config,
    Qwen3Config,
    SmolLM3Config,
)

SMALL = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.5,
    "bos_token_id": 1,
    "eos_token_id": None,
    "pad_token_id": None,
}

LONG_ROPE = {
    "rope_type": "dynamic",
    "rope_theta": 10000.0,
    "factor": 2.0,
    "original_max_position_embeddings": 256,
}

ALTERNATING = ["sliding_attention", "full_attention"]

CONFIGS: dict[str, PreTrainedConfig] = {
    "llama": LlamaConfig(**SMALL),
    "qwen2": Qwen2Config(**SMALL, tie_word_embeddings=True),
    "qwen3": Qwen3Config(**SMALL, head_dim=16),
    "mistral": MistralConfig(**SMALL, sliding_window=None),
    "smollm3": SmolLM3Config(**SMALL),
    "dynamic": LlamaConfig(**SMALL, rope_parameters=LONG_ROPE),
    "windowed": MistralConfig(**SMALL, sliding_window=8),
    "gemma3": Gemma3TextConfig(**SMALL, head_dim=8, sliding_window=8, layer_types=ALTERNATING),
    "cohere2": Cohere2Config(**SMALL, sliding_window=8, layer_types=ALTERNATING),
    "gpt_oss": GptOssConfig(
        **SMALL,
        head_dim=8,
        sliding_window=8,
        layer_types=ALTERNATING,
        num_local_experts=4,
        num_experts_per_tok=2,
    ),
}


def save_model(config: PreTrainedConfig, directory: Path) -> Path:
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def directory_of(architecture: str) -> Path:
        if architecture not in made:
            path = tmp_path_factory.mktemp("models") / architecture
            made[architecture] = save_model(CONFIGS[architecture], path)
        return made[architecture]

    return directory_of


@pytest.fixture(scope="session")
def llama(model_directory: Callable[[str], Path]) -> Path:
    return model_directory("llama")


@pytest.fixture(scope="session")
def adapters(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three adapters for the tiny Llama: other ranks, other layers, all far from zero."""
    root = tmp_path_factory.mktemp("adapters")
    shapes = [(2, ["q_proj", "v_proj"]), (4, ["q_proj", "down_proj"]), (3, ["o_proj", "gate_proj"])]
    return [
        save_adapter(llama, root / f"adapter{number}", rank=rank, modules=modules, seed=number)
        for number, (rank, modules) in enumerate(shapes)
    ]


def save_adapter(
    base: Path, directory: Path, *, rank: int, modules: list[str], seed: int, **options: object
) -> Path:
    torch.manual_seed(seed)
    config = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules=modules, init_lora_weights=False, **options
    )
    model = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    model.save_pretrained(directory)
    return directory


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)
