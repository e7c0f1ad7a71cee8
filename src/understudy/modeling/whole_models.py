"""Whole models on disk: transformers directories with the tokenizer and template of their base."""

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor
from transformers import PreTrainedModel

_GENERATION = "generation_config.json"
_COMPANIONS = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
    "chat_template.jinja",
    "chat_template.json",
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    _GENERATION,
)


def read_companions(directory: Path) -> Mapping[str, bytes]:
    """Read what stands beside the weights of a base and is the same for every model made of it."""
    files = [directory / name for name in _COMPANIONS]
    return {file.name: file.read_bytes() for file in files if file.is_file()}


def copy_model(model: PreTrainedModel, companions: Mapping[str, bytes]) -> Callable[[Path], None]:
    """Copy a model's weights, so that further steps do not change them; return what writes them.

    The directory is one that plain transformers and our engine load.
    """
    weights = _copied(model.state_dict())

    def write(directory: Path) -> None:
        model.save_pretrained(directory, state_dict=weights)
        # transformers makes one up where there was none, and it could name other stop tokens.
        (directory / _GENERATION).unlink(missing_ok=True)
        for name, content in companions.items():
            (directory / name).write_bytes(content)

    return write


def _copied(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copy weights to the processor's memory; those that are shared stay shared."""
    copies: dict[int, Tensor] = {}
    for tensor in weights.values():
        if tensor.data_ptr() not in copies:
            copies[tensor.data_ptr()] = tensor.detach().to("cpu", copy=True)
    return {name: copies[tensor.data_ptr()] for name, tensor in weights.items()}
