"""The model of the serving benchmark: SmolLM-135M's shape with random weights, and its adapters."""

import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from built_in_models import tokenizer as builtin_tokenizer
from understudy.modeling.loading import load_base
from understudy.modeling.lora import add_lora, copy_adapter, save_adapter

VOCABULARY = 49_152
CONTEXT = 2048
RANK, ALPHA = 16, 32.0


def write_base(directory: Path) -> Path:
    """Write a random Llama of 134.5M parameters in bfloat16 that any text can be asked of."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        eos_token_id=None,
    )
    model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(directory)
    template = Path(builtin_tokenizer.__file__).with_name("chat_template.jinja").read_text("utf-8")
    small = builtin_tokenizer.train_tokenizer(["a few words to begin with"])
    builtin_tokenizer.save_tokenizer(small, directory, template)
    _fill_vocabulary(directory / "tokenizer.json")
    return directory


def _fill_vocabulary(file: Path) -> None:
    """Give every id of the model a text; they are read only, as no merge leads to them."""
    tokenizer = json.loads(file.read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    for number in range(len(vocabulary), VOCABULARY):
        vocabulary[f"w{number}."] = number
    file.write_text(json.dumps(tokenizer), encoding="utf-8")


def write_adapters(base: Path, root: Path, count: int) -> list[Path]:
    """Write adapters of random weights for every linear layer."""
    torch.manual_seed(1)
    layers = add_lora(load_base(base, torch.bfloat16).model, rank=RANK, alpha=ALPHA, seed=0)
    directories: list[Path] = []
    for number in range(count):
        with torch.no_grad():
            for layer in layers.values():
                layer.b_OR.normal_(std=0.02)
        directory = root / f"adapter{number}"
        directory.mkdir(parents=True)
        save_adapter(directory, copy_adapter(layers, rank=RANK, alpha=ALPHA), base=str(base))
        directories.append(directory)
    return directories
