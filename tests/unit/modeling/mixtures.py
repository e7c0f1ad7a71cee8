"""Tiny mixtures of experts with random weights, one of each form in which experts are written."""

from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

_COMMON: dict[str, Any] = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 128,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
_FOUR: dict[str, Any] = {"num_experts": 4, "num_experts_per_tok": 2}
_LOCAL: dict[str, Any] = {"num_local_experts": 4, "num_experts_per_tok": 2}
MIXTURES: dict[str, dict[str, Any]] = {
    "mixtral": _LOCAL,
    "qwen2_moe": {
        **_FOUR,
        "moe_intermediate_size": 24,
        "shared_expert_intermediate_size": 40,
        "decoder_sparse_step": 1,
    },
    "qwen3_moe": {**_FOUR, "moe_intermediate_size": 24},
    "olmoe": _FOUR,
    # Transposed, with biases, gate and up interleaved.
    "gpt_oss": {**_LOCAL, "layer_types": ["full_attention"] * 2},
    "granitemoe": _LOCAL,
    "deepseek_v3": {
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "n_group": 1,
        "topk_group": 1,
        "moe_intermediate_size": 24,
        "first_k_dense_replace": 1,
        "n_shared_experts": 1,
        "q_lora_rank": 16,
        "kv_lora_rank": 16,
        "qk_rope_head_dim": 8,
        "qk_nope_head_dim": 8,
        "v_head_dim": 8,
        "num_key_value_heads": 4,
    },
    "glm4_moe": {
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "n_group": 1,
        "topk_group": 1,
        "moe_intermediate_size": 24,
        "first_k_dense_replace": 1,
    },
    # Experts without a gate, in layers that are all experts.
    "nemotron_h": {
        "hybrid_override_pattern": "*E",
        "layers_block_type": ["attention", "moe"],
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "n_group": 1,
        "topk_group": 1,
        "moe_intermediate_size": 24,
        "moe_shared_expert_intermediate_size": 24,
    },
}


def mixture(family: str, seed: int = 0, **changes: Any) -> PreTrainedModel:
    """Make a model whose experts differ and whose router prefers none."""
    torch.manual_seed(seed)
    config = AutoConfig.for_model(family, **{**_COMMON, **MIXTURES[family], **changes})
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.1)
    return model.eval().requires_grad_(False)
