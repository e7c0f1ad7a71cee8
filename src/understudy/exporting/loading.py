"""The served model and an export of it in memory, each loaded as its users load it."""

from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

from understudy.exporting.errors import ExportError
from understudy.exporting.formats.gguf import FILE
from understudy.exporting.formats.gguf_families import rope_of
from understudy.exporting.order import ExportFormat, ExportOrder
from understudy.modeling.free_memory import free_bytes
from understudy.modeling.loading import ONE_LOAD_AT_A_TIME, load_with_own_attention
from understudy.modeling.lora import (
    AdapterWeights,
    add_lora,
    merge_adapter,
    read_adapter,
    set_adapter,
)
from understudy.modeling.precision import compute_device
from understudy.wording import worded

# Loading holds some tensors twice, and a forward pass needs room of its own.
_ROOM = 1.4
_GIGABYTE = 1e9


def comparison_dtype(elements: int) -> torch.dtype:
    """Return float32 where a model of so many numbers fits into memory in it, else bfloat16.

    Raises ExportError when neither fits: an export that cannot be compared is not made.
    """
    free = free_bytes(compute_device())
    for dtype in (torch.float32, torch.bfloat16):
        if elements * dtype.itemsize * _ROOM < free:
            return dtype
    needed = elements * 2 * _ROOM / _GIGABYTE
    raise ExportError(
        worded(
            "export.export_loaded_again_compared",
            "An export is loaded again and compared, which needs {needed:.1f} GB of "
            "memory for this model; {free:.1f} GB are free. Stop other programs or "
            "use a larger machine.",
            needed=needed,
            free=free / _GIGABYTE,
        )
    )


@dataclass(frozen=True, kw_only=True)
class ModelLoader:
    """Loads both sides of a comparison in the same number format."""

    order: ExportOrder
    dtype: torch.dtype

    def served(self) -> PreTrainedModel:
        """Load the model that is served: the adapter beside the weights of its base."""
        model = load_with_own_attention(self.order.directory, self.dtype).model
        if self.order.adapter is not None:
            _add(model, read_adapter(self.order.adapter))
        return model

    def exported(self, directory: Path) -> PreTrainedModel:
        """Load what was written into a directory, from its files alone where they are whole."""
        match self.order.format:
            case ExportFormat.PEFT:
                model = load_with_own_attention(self.order.directory, self.dtype).model
                merge_adapter(model, read_adapter(directory))
                return model
            case ExportFormat.MERGED:
                return load_with_own_attention(directory, self.dtype).model
            case ExportFormat.GGUF:
                return _load_gguf(directory, self.order.directory, self.dtype)


def _add(model: PreTrainedModel, weights: AdapterWeights) -> None:
    targets = {name.rpartition(".")[2] for name in weights.layers}
    layers = add_lora(model, rank=weights.rank, alpha=weights.alpha, targets=targets, seed=0)
    set_adapter(layers, weights)


def _load_gguf(directory: Path, original: Path, dtype: torch.dtype) -> PreTrainedModel:
    """Load a GGUF file with transformers, which reads no scaling of positions from it."""
    config = read_config(original)
    _check_header(directory / FILE, config)
    with ONE_LOAD_AT_A_TIME:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            directory, gguf_file=FILE, config=config, dtype=dtype, attn_implementation="sdpa"
        )
    model.requires_grad_(False)
    model.eval()
    return model.to(compute_device())  # pyright: ignore[reportArgumentType]  # its stub asks for less


def read_config(directory: Path) -> PreTrainedConfig:
    """Read the configuration of the language model in a transformers directory."""
    config: PreTrainedConfig = AutoConfig.from_pretrained(
        directory, local_files_only=True, trust_remote_code=False
    )
    return config.get_text_config()


def _check_header(path: Path, config: PreTrainedConfig) -> None:
    """Compare the shape that transformers reads in a file's header with the model's own."""
    read: dict[str, Any] = load_gguf_checkpoint(path)["config"]
    for name, value in read.items():
        expected = rope_of(config)["rope_theta"] if name == "rope_theta" else _setting(config, name)
        if isinstance(expected, int | float) and not isclose(value, expected, rel_tol=1e-6):
            raise ExportError(
                worded(
                    "export.gguf_file_says_but",
                    "The GGUF file says {name}={value}, but the model has {expected}.",
                    name=name,
                    value=value,
                    expected=expected,
                )
            )


def _setting(config: PreTrainedConfig, name: str) -> object:
    # The ids of special tokens are those of the tokenizer, which a configuration may lack.
    return None if name.endswith("_token_id") else getattr(config, name, None)


def read_gguf_text(path: Path, key: str) -> str:
    """Read a text from a file's header."""
    field = GGUFReader(path).fields[key]
    return bytes(field.parts[field.data[0]]).decode("utf-8")
