"""Tiny tuned models whose tokenizers llama.cpp could read."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from tests.tiny import tokenizer, write_renderer
from understudy.exporting.order import ExportFormat, ExportOrder, NumberType
from understudy.modeling.checkpoints import publish_directory
from understudy.modeling.lora import add_lora, copy_adapter, save_adapter

BYTE_LEVEL = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "trim_offsets": True,
    "use_regex": True,
}
SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 512,
    "initializer_range": 0.2,
    "eos_token_id": 2,
    "bos_token_id": None,
    "pad_token_id": 0,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {"rope_parameters": LLAMA3_ROPE},
    "qwen2": {"tie_word_embeddings": True},
    "qwen3": {"tie_word_embeddings": False},
    "gemma3_text": {"query_pre_attn_scalar": 16, "sliding_window": 64, "num_hidden_layers": 6},
}


def write_base(directory: Path, family: str = "llama", **changes: Any) -> Path:
    """Write a random model with a tokenizer that splits text as GPT-2's does."""
    write_renderer(directory)
    file = directory / "tokenizer.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"pre_tokenizer": BYTE_LEVEL}))
    torch.manual_seed(0)
    dtype = changes.pop("dtype", torch.bfloat16)
    settings = SHAPE | FAMILIES.get(family, {}) | changes
    config = AutoConfig.for_model(family, vocab_size=tokenizer().get_vocab_size(), **settings)
    model = AutoModelForCausalLM.from_config(config)
    if family == "qwen2":
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name.endswith(".bias"):
                    parameter.normal_(std=0.2)
    model.to(dtype).save_pretrained(directory)
    (directory / "LICENSE").write_text("Do as you like.")
    (directory / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n")
    return directory


def write_adapter(directory: Path, base: Path) -> Path:
    """Write an adapter that changes every layer of a base."""
    model = load(base)
    layers = add_lora(model, rank=4, alpha=8.0, seed=1)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for layer in layers.values():
            layer.b_OR.normal_(std=0.1, generator=generator)
    weights = copy_adapter(layers, rank=4, alpha=8.0)
    publish_directory(directory, lambda aside: save_adapter(aside, weights, base="tiny"))
    return directory


def order(
    home: Path,
    format: ExportFormat,
    number_type: NumberType | None = None,
    *,
    family: str = "llama",
    is_tuned: bool = True,
    validation: Path | None = None,
    **changes: Any,
) -> ExportOrder:
    """An order for a new model of a family, tuned unless it is not wanted so."""
    base = home / f"base-{family}"
    if not base.exists():
        write_base(base, family, **changes)
    adapter = home / f"adapter-{family}"
    if is_tuned and not adapter.exists():
        write_adapter(adapter, base)
    return ExportOrder(
        model="ft:tiny:personal::abc",
        base="tiny",
        directory=base,
        adapter=adapter if is_tuned else None,
        format=format,
        number_type=number_type,
        validation=validation,
        output=home / f"out-{family}-{format}-{number_type}",
    )


def load(directory: Path, **settings: Any) -> PreTrainedModel:
    """Load a model as any user of transformers does."""
    return AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, **settings).eval()


def logits(model: PreTrainedModel) -> torch.Tensor:
    """What a model says about some tokens."""
    ids = torch.arange(3, 43)[None]
    with torch.inference_mode():
        return model(input_ids=ids).logits[0]


def silent(_sentence: str) -> None:
    """Hears what an export reports."""
