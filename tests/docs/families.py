"""The model families of docs/families.md: which template and which architecture each one has.

To add one, give it a template in tests/unit/chat/templates.py and an entry here; test_families then
fails with the line for the page.
"""

from dataclasses import dataclass

from transformers import (
    DeepseekV3Config,
    Gemma2Config,
    Gemma3TextConfig,
    Gemma4TextConfig,
    Glm4MoeConfig,
    GptOssConfig,
    Lfm2Config,
    LlamaConfig,
    MistralConfig,
    Phi3Config,
    PreTrainedConfig,
    Qwen2Config,
    Qwen3_5TextConfig,
    Qwen3Config,
    Qwen3MoeConfig,
    SmolLM3Config,
)

_SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": None,
    "pad_token_id": None,
}
_HEADS = {**_SHAPE, "head_dim": 8}
_EXPERTS = {
    "num_experts": 4,
    "num_local_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
}
_LINEAR = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "layer_types": ["linear_attention", "full_attention"],
}
_DEEPSEEK = {
    **_SHAPE,
    "num_key_value_heads": 4,
    "n_routed_experts": 4,
    "n_group": 1,
    "topk_group": 1,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "first_k_dense_replace": 1,
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_rope_head_dim": 8,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
}
_CONVOLUTIONS = ["conv", "full_attention"]
_GLM = {**_HEADS, **_EXPERTS, "n_routed_experts": 4, "n_group": 1, "topk_group": 1}


@dataclass(frozen=True)
class Family:
    """A line of the table: models that share a template and an architecture."""

    models: str
    template: str
    """Its published template: a name in tests/unit/chat/templates.py."""
    config: PreTrainedConfig
    """Its architecture, made small."""
    attention: str = "sdpa"
    """The attention of transformers' own that it has."""


FAMILIES = [
    Family("SmolLM2", "smollm2", LlamaConfig(**_SHAPE)),
    Family("SmolLM3", "smollm3", SmolLM3Config(**_SHAPE)),
    Family("Qwen2.5", "qwen2.5", Qwen2Config(**_SHAPE)),
    Family("Qwen3", "qwen3", Qwen3Config(**_HEADS)),
    Family("Qwen3-2507, mixtures", "qwen3-2507", Qwen3MoeConfig(**_HEADS, **_EXPERTS)),
    Family("Qwen3.5", "qwen3.5", Qwen3_5TextConfig(**_HEADS, **_LINEAR)),
    Family("Qwen3.6", "qwen3.6", Qwen3_5TextConfig(**_HEADS, **_LINEAR)),
    Family("Llama 3", "llama3", LlamaConfig(**_SHAPE)),
    Family("Llama 3.1", "llama3.1", LlamaConfig(**_SHAPE)),
    Family("Llama 3.2", "llama3.2", LlamaConfig(**_SHAPE)),
    Family("Gemma 2", "gemma", Gemma2Config(**_HEADS), "eager"),
    Family("Gemma 3", "gemma3", Gemma3TextConfig(**_HEADS, sliding_window=64)),
    Family("Gemma 4", "gemma4", Gemma4TextConfig(**_HEADS, sliding_window=64)),
    Family("FunctionGemma", "function-gemma", Gemma3TextConfig(**_HEADS, sliding_window=64)),
    Family("DeepSeek V3", "deepseek-v3", DeepseekV3Config(**_DEEPSEEK)),
    Family("DeepSeek V3.1", "deepseek-v3.1", DeepseekV3Config(**_DEEPSEEK)),
    Family("DeepSeek R1, distilled", "deepseek-r1", Qwen2Config(**_SHAPE)),
    Family("Mistral 7B v0.3", "mistral-list", MistralConfig(**_SHAPE, sliding_window=None)),
    Family("Mistral Small 3", "mistral-args", MistralConfig(**_SHAPE, sliding_window=None)),
    Family("Phi-4", "phi4", Phi3Config(**_SHAPE)),
    Family("Phi-4-mini", "phi4-mini", Phi3Config(**_SHAPE)),
    Family("GLM-4.5", "glm4.5-published", Glm4MoeConfig(**_GLM)),
    Family("LFM2", "lfm2-calls", Lfm2Config(**_SHAPE, layer_types=_CONVOLUTIONS)),
    Family("LFM2.5", "lfm2.5", Lfm2Config(**_SHAPE, layer_types=_CONVOLUTIONS)),
    Family("gpt-oss", "gpt-oss", GptOssConfig(**_HEADS, **_EXPERTS, sliding_window=64), "eager"),
]
