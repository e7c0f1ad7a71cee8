"""Random weights scaled like those of real models: outlier channels, tokens never trained on."""

import torch
from transformers import PreTrainedModel

DEEP = {
    "vocab_size": 97,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 16,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
UNTRAINED = range(3, 11)
"""Control tokens that no text of the pretraining held, as SmolLM2's are."""


def scaled_like_a_real_model(model: PreTrainedModel) -> PreTrainedModel:
    """Give a model a few channels with large values, sharp logits, and untrained control tokens."""
    generator = torch.Generator().manual_seed(1)
    channels = torch.randperm(model.config.hidden_size, generator=generator)[:3]
    with torch.no_grad():
        for layer in model.model.layers:
            layer.mlp.down_proj.weight[channels] *= 12
            layer.input_layernorm.weight[channels] *= 0.2
        model.get_output_embeddings().weight.mul_(4)
        model.get_input_embeddings().weight[UNTRAINED.start : UNTRAINED.stop] *= 1e-3
    return model
