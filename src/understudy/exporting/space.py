"""Whether the disk has room for an export, asked before it is written."""

import shutil
from pathlib import Path

from understudy.errors import StorageFullError
from understudy.exporting.order import ExportFormat, ExportOrder, NumberType
from understudy.exporting.source_weights import SourceWeights
from understudy.wording import worded

# Tokenizer, card and header of the largest vocabularies.
_COMPANION_BYTES = 100_000_000
_BYTES_OF_NUMBER = {NumberType.F16: 2.0, NumberType.Q8_0: 34 / 32}


def check_space(order: ExportOrder, source: SourceWeights) -> None:
    """Raise StorageFullError where an export would not fit."""
    place = _existing(order.output.parent)
    needed = _weight_bytes(order, source) + _COMPANION_BYTES
    free = shutil.disk_usage(place).free
    if free < needed:
        raise StorageFullError(
            worded(
                "export.export_takes_gb_gb",
                "The export takes {needed:.1f} GB, and {place} has {free:.1f} GB "
                "left. Free some space, or choose another directory with --output.",
                needed=needed / 1000000000.0,
                place=place,
                free=free / 1000000000.0,
            )
        )


def _weight_bytes(order: ExportOrder, source: SourceWeights) -> int:
    match order.format:
        case ExportFormat.PEFT:
            assert order.adapter is not None, "only an adapter leaves as one"
            return sum(file.stat().st_size for file in order.adapter.glob("*.safetensors"))
        case ExportFormat.MERGED:
            return source.byte_count
        case ExportFormat.GGUF:
            return int(source.elements * _BYTES_OF_NUMBER[order.number_type or NumberType.F16])


def _existing(directory: Path) -> Path:
    while not directory.exists():
        directory = directory.parent
    return directory
