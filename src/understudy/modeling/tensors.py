"""Named tensors in safetensors files; the one place that reads and writes them."""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import cast

import safetensors.torch as files  # its stubs leave the path's type open
from safetensors import safe_open
from torch import Tensor


def read_tensors(file: Path) -> dict[str, Tensor]:
    """Read every tensor of a file into memory."""
    return files.load_file(file)


def write_tensors(file: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors in the form that every PyTorch program reads."""
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    files.save_file(whole, file, metadata={"format": "pt"})


def count_elements(directory: Path) -> int:
    """Return how many numbers the tensor files of a directory hold, from their headers."""
    return sum(_count(file) for file in directory.glob("*.safetensors"))


def _count(file: Path) -> int:
    with safe_open(file, framework="pt") as opened:  # pyright: ignore[reportUnknownVariableType]
        names = cast("list[str]", opened.keys())
        return sum(prod(opened.get_slice(name).get_shape()) for name in names)
