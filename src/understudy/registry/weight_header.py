"""The header of a safetensors file, read strictly: what may stand in it and nothing else."""

import json
import struct
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

# The longest header of real models is a few megabytes; the format itself allows 100 MB.
_MAX_HEADER_BYTES = 100_000_000
_MAX_ELEMENTS = 2**53
_BITS = {
    "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16,
    "BF16": 16, "I16": 16, "U16": 16, "I8": 8, "U8": 8, "BOOL": 8, "F8_E5M2": 8, "F8_E4M3": 8,
    "F8_E5M2FNUZ": 8, "F8_E4M3FNUZ": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip


class WeightHeaderError(Exception):
    """The file is none of the format; the text says what is wrong with it, as `it …`."""


class _Place(NamedTuple):
    begin: int
    end: int


def count_elements(path: Path) -> int:
    """Count the elements that a safetensors file declares, and check that all its bytes are there.

    Raises WeightHeaderError for one that is damaged, or whose tensors share bytes, leave some out
    or are not as large as their shapes say.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else size
        if length > min(size - 8, _MAX_HEADER_BYTES):
            raise WeightHeaderError("is damaged: it ends before its header does")
        try:
            header = json.loads(file.read(length), object_pairs_hook=_without_doubles)
        except (ValueError, RecursionError):
            raise WeightHeaderError("is not a safetensors file") from None
    if not isinstance(header, dict):
        raise WeightHeaderError("is not a safetensors file")
    tensors = {name: each for name, each in header.items() if name != "__metadata__"}
    counts = [_elements(name, each) for name, each in tensors.items()]
    places = sorted(_Place(*each["data_offsets"]) for each in tensors.values())
    described = 8 + length + (places[-1].end if places else 0)
    if described != size:
        raise WeightHeaderError(
            f"is damaged: {size:,} bytes, but its header describes {described:,}. The download "
            "may be incomplete"
        )
    reached = 0
    for place in places:
        if place.begin != reached:
            raise WeightHeaderError("is damaged: its tensors overlap, or leave bytes between them")
        reached = place.end
    return sum(counts)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def _elements(name: str, tensor: Any) -> int:
    """Return how many elements a tensor has; raises WeightHeaderError for one that cannot be."""
    wrong = WeightHeaderError(f"is not a safetensors file: tensor {name[:80]!r} cannot be")
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        raise wrong
    bits = _BITS.get(tensor["dtype"]) if isinstance(tensor["dtype"], str) else None
    shape, offsets = tensor["shape"], tensor["data_offsets"]
    if bits is None or not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        raise wrong
    count = prod(shape)
    if max([*shape, count], default=0) > _MAX_ELEMENTS:
        raise wrong
    if (offsets[1] - offsets[0]) * 8 != count * bits:
        raise wrong
    return count


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(each) is int and each >= 0 for each in values)
