"""A merged model as a transformers directory: safetensors in shards, written tensor by tensor."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from understudy.exporting.source_weights import SourceWeights

_MAX_SHARD_BYTES = 4_000_000_000
_TORCH_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}


def write_merged(
    directory: Path, source: SourceWeights, *, max_shard_bytes: int = _MAX_SHARD_BYTES
) -> None:
    """Write all tensors, each rounded once to the format in which the base keeps it."""
    shards = _shards(source, max_shard_bytes)
    if len(shards) == 1:
        _write_shard(directory / "model.safetensors", source, shards[0])
        return
    weight_map: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        _write_shard(directory / file, source, names)
        weight_map |= dict.fromkeys(names, file)
    index = {"metadata": {"total_size": source.byte_count}, "weight_map": weight_map}
    text = json.dumps(index, indent=2)
    (directory / "model.safetensors.index.json").write_text(text, encoding="utf-8")


def _shards(source: SourceWeights, max_bytes: int) -> list[list[str]]:
    shards: list[list[str]] = [[]]
    size = 0
    for name in source.shapes:
        if shards[-1] and size + source.bytes_of(name) > max_bytes:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += source.bytes_of(name)
    return shards


def _write_shard(path: Path, source: SourceWeights, names: Sequence[str]) -> None:
    """Write a safetensors file; the library itself wants all of its tensors in memory at once."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name in names:
        start, end = end, end + source.bytes_of(name)
        header[name] = {
            "dtype": source.formats[name],
            "shape": source.shapes[name],
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    # The format asks for tensors that begin at a multiple of 8 bytes.
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in names:
            file.write(_bytes(_rounded(source, name)))


def _rounded(source: SourceWeights, name: str) -> Tensor:
    if not source.is_changed(name):
        return source.stored(name)
    return source.merged(name).to(_TORCH_DTYPES[source.formats[name]])


def _bytes(tensor: Tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
