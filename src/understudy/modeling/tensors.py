"""Named tensors in safetensors files; the one place that reads and writes them."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch as files  # its stubs leave the path's type open
from torch import Tensor


def read_tensors(file: Path) -> dict[str, Tensor]:
    """Read every tensor of a file into memory."""
    return files.load_file(file)


def write_tensors(file: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors in the form that every PyTorch program reads."""
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    files.save_file(whole, file, metadata={"format": "pt"})
