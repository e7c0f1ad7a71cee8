"""Reads the head of a GGUF file: what model it is, in which formats, and whether it is whole."""

import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from understudy.errors import UnderstudyError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
# Real files have about a thousand tensors and a hundred entries, and vocabularies below a million.
_MAX_COUNT = 1 << 22
_MAX_STRING_BYTES = 1 << 26
_STRING, _ARRAY = 8, 9
_SCALARS = dict(enumerate("BbHhIif?")) | {10: "Q", 11: "q", 12: "d"}
_DEFAULT_ALIGNMENT = 32


class GgufError(UnderstudyError):
    """The file is no GGUF that can be unpacked; the text says why."""


@dataclass(frozen=True, kw_only=True)
class GgufHeader:
    """What the head of a GGUF file says."""

    architecture: str
    metadata: Mapping[str, Any]
    formats: Mapping[str, int]
    """Names of the formats of its weights → how many elements have it."""
    parameter_count: int
    file_bytes: int

    @property
    def main_format(self) -> str:
        """The format that most of the weights have."""
        return max(self.formats, key=lambda name: self.formats[name])


def read_gguf_header(path: Path) -> GgufHeader:
    """Read the head of a file and check that all its tensors are there.

    Raises GgufError for anything else than a whole GGUF file of one part.
    """
    # Imported here because every other command starts faster without it.
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    if not path.is_file():
        raise GgufError(f"{path} is not a file.")
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != _MAGIC:
            raise GgufError(f"{path} is not a GGUF file: it does not begin with 'GGUF'.")
        try:
            metadata, tensors = _Reader(file).head()
        except (struct.error, UnicodeDecodeError, ValueError, KeyError, RecursionError) as error:
            raise GgufError(
                f"{path} is damaged or cut: its head cannot be read ({size:,} bytes are there). "
                "Download it again."
            ) from error
        data_start = file.tell()
    alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment <= 0:
        raise GgufError(f"{path} is damaged: its alignment is {alignment!r}.")
    data_start += -data_start % alignment
    formats: Counter[str] = Counter()
    end = data_start
    for tensor in tensors:
        try:
            kind = GGMLQuantizationType(tensor.kind)
        except ValueError:
            raise GgufError(
                f"{path} has weights in GGML format number {tensor.kind} ({tensor.name}), which "
                "is not known here."
            ) from None
        block, block_bytes = GGML_QUANT_SIZES[kind]
        formats[kind.name] += tensor.elements
        end = max(end, data_start + tensor.offset + tensor.elements // block * block_bytes)
    if end > size:
        raise GgufError(
            f"{path} is cut: it has {size:,} bytes, but its head describes {end:,}. Download it "
            "again."
        )
    if int(metadata.get("split.count", 1)) > 1:
        raise GgufError(
            f"{path} is one of {metadata['split.count']} parts; join them first with llama.cpp's "
            "`llama-gguf-split --merge`."
        )
    if not tensors or not isinstance(metadata.get("general.architecture"), str):
        raise GgufError(f"{path} holds no model: it names no architecture, or has no weights.")
    return GgufHeader(
        architecture=metadata["general.architecture"],
        metadata=metadata,
        formats=dict(formats),
        parameter_count=sum(tensor.elements for tensor in tensors),
        file_bytes=size,
    )


@dataclass(frozen=True)
class _Tensor:
    name: str
    elements: int
    kind: int
    offset: int


class _Reader:
    """Reads the parts of a head, one after the other, within bounds."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def head(self) -> tuple[dict[str, Any], list[_Tensor]]:
        """Return the metadata and the tensors; the file then stands at the end of the head."""
        if self._scalar("I") not in _VERSIONS:
            raise ValueError("unknown version")
        tensor_count, entry_count = self._count(), self._count()
        metadata: dict[str, Any] = {}
        for _ in range(entry_count):
            name = self._string()
            metadata[name] = self._value(self._scalar("I"))
        return metadata, [self._tensor() for _ in range(tensor_count)]

    def _tensor(self) -> _Tensor:
        name = self._string()
        shape = [self._scalar("Q") for _ in range(self._scalar("I"))]
        return _Tensor(name, prod(shape), self._scalar("I"), self._scalar("Q"))

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            return self._scalar(_SCALARS[kind])
        item_kind, count = self._scalar("I"), self._count()
        if item_kind in (_STRING, _ARRAY):
            return [self._value(item_kind) for _ in range(count)]
        letter = _SCALARS[item_kind]
        data = self._file.read(count * struct.calcsize(f"<{letter}"))
        return list(struct.unpack(f"<{count}{letter}", data))

    def _string(self) -> str:
        length = self._scalar("Q")
        if length > _MAX_STRING_BYTES:
            raise ValueError("too long")
        text = self._file.read(length)
        if len(text) != length:
            raise ValueError("cut")
        return text.decode("utf-8", errors="surrogateescape")

    def _count(self) -> int:
        count = self._scalar("Q")
        if count > _MAX_COUNT:
            raise ValueError("too many")
        return count

    def _scalar(self, letter: str) -> Any:
        return struct.unpack(f"<{letter}", self._file.read(struct.calcsize(f"<{letter}")))[0]
