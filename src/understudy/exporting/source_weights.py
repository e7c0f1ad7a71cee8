"""The weights of a model as its files hold them, its adapter folded in, one tensor at a time."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from safetensors import safe_open
from torch import Tensor

from understudy.exporting.errors import ExportError
from understudy.exporting.updates import ExpertsUpdate, MatrixUpdate, updates_of
from understudy.modeling.lora import AdapterWeights
from understudy.wording import worded

_INDEX = "model.safetensors.index.json"
BYTES_OF = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1}
"""Bytes of one number in the formats that can be exported."""


class SourceWeights:
    """Tensors of a transformers directory by name, read when they are asked for.

    Use it as a context manager: the files stay open meanwhile. At no time is more than one layer
    in memory. Raises ExportError for weights that are quantised, or that an adapter does not fit.
    """

    def __init__(self, directory: Path, adapter: AdapterWeights | None) -> None:
        self._directory = directory
        self._adapter = adapter
        self._updates: dict[str, MatrixUpdate | ExpertsUpdate] = {}
        self._stack = ExitStack()
        self._file_of: dict[str, Any] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        """In the order of the files."""
        self.formats: dict[str, str] = {}
        """The number format of each tensor, as safetensors calls it."""

    def __enter__(self) -> "SourceWeights":
        for path in weight_files(self._directory):
            opened: Any = self._stack.enter_context(safe_open(path, framework="pt"))
            for name in opened.keys():  # noqa: SIM118 - it is no mapping
                part = opened.get_slice(name)
                self._file_of[name] = opened
                self.shapes[name] = tuple(part.get_shape())
                self.formats[name] = str(part.get_dtype())
        self._refuse_quantised()
        self._find_updates()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def main_format(self) -> str:
        """The number format that holds most of the model."""
        sizes: dict[str, int] = {}
        for name, shape in self.shapes.items():
            sizes[self.formats[name]] = sizes.get(self.formats[name], 0) + _count(shape)
        return max(sizes, key=lambda name: sizes[name])

    @property
    def elements(self) -> int:
        """How many numbers there are."""
        return sum(_count(shape) for shape in self.shapes.values())

    @property
    def byte_count(self) -> int:
        """How many bytes the tensors take in their own formats."""
        return sum(self.bytes_of(name) for name in self.shapes)

    def bytes_of(self, name: str) -> int:
        """Return how many bytes a tensor takes in its own format."""
        return _count(self.shapes[name]) * BYTES_OF[self.formats[name]]

    def stored(self, name: str) -> Tensor:
        """Return a tensor as its file holds it."""
        return self._file_of[name].get_tensor(name)

    def merged(self, name: str) -> Tensor:
        """Return a tensor with the adapter's update added in float32; whole numbers as they are."""
        tensor = self.stored(name)
        if not tensor.is_floating_point():
            return tensor
        update = self._updates.get(name)
        if update is None or self._adapter is None:
            return tensor.float()
        return update.added_to(tensor, self._adapter.scaling)

    def is_changed(self, name: str) -> bool:
        """Say whether the adapter changes a tensor."""
        return name in self._updates

    def _refuse_quantised(self) -> None:
        odd = sorted({name for name in self.formats.values() if name not in BYTES_OF})
        if odd or _is_quantised(self._directory):
            formats = f" ({', '.join(odd)})" if odd else ""
            raise ExportError(
                worded(
                    "export.weights_quantised_adapter_cannot",
                    "The weights of {name} are quantised{formats}, and an adapter "
                    "cannot be folded into them without loss. Use --format peft, or "
                    "train on the unquantised base.",
                    name=self._directory.name,
                    formats=formats,
                )
            )

    def _find_updates(self) -> None:
        if self._adapter is None:
            return
        for layer in self._adapter.layers:
            found = updates_of(layer, self._adapter, self.shapes)
            if not found:
                raise ExportError(
                    worded(
                        "export.adapter_changes_which_weight",
                        "The adapter changes {layer}, which the weight files of "
                        "{name} do not hold under that name in that shape. Use "
                        "--format peft.",
                        layer=layer,
                        name=self._directory.name,
                    )
                )
            self._updates |= found


def weight_files(directory: Path) -> list[Path]:
    """Return the files that hold a model's weights."""
    index = directory / _INDEX
    if index.is_file():
        names: Mapping[str, str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        return [directory / name for name in sorted(set(names.values()))]
    return sorted(directory.glob("*.safetensors"))


def _is_quantised(directory: Path) -> bool:
    return "quantization_config" in json.loads((directory / "config.json").read_text("utf-8"))


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
