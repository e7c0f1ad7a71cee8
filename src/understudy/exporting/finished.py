"""A finished export on disk: what it is of, so that a second request finds the first."""

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from understudy.exporting.difference import Difference
from understudy.exporting.order import ExportOrder
from understudy.file_stamps import stamp_of
from understudy.modeling.checkpoints import CorruptCheckpointError, verify_directory

RECORD = "export.json"
_SMALL_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def write_record(directory: Path, order: ExportOrder, difference: Difference) -> None:
    """Write what an export is of and how it was found."""
    record = _identity(order) | {"difference": asdict(difference)}
    (directory / RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")


def find_finished(order: ExportOrder) -> Difference | None:
    """Return what was found of the same export when it was made, if it lies whole at its output.

    An export of other weights, another format, or one whose files were changed is none.
    """
    try:
        verify_directory(order.output)
        record = _read_record(order.output)
    except (CorruptCheckpointError, OSError, ValueError):
        return None
    found = record.pop("difference", None)
    return Difference(**found) if record == _identity(order) else None


def is_export_of(order: ExportOrder) -> bool:
    """Say whether the same export lies at an order's output, without reading all of its files."""
    try:
        record = _read_record(order.output)
    except (OSError, ValueError):
        return False
    return {key: value for key, value in record.items() if key != "difference"} == _identity(order)


def _read_record(directory: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((directory / RECORD).read_text(encoding="utf-8"))
    return record


def _identity(order: ExportOrder) -> dict[str, Any]:
    return {
        "model": order.model,
        "base": order.base,
        "format": order.format,
        "type": order.number_type,
        "source": _fingerprint(order),
    }


def _fingerprint(order: ExportOrder) -> str:
    """Return a digest that changes when the files do from which a model is exported.

    Weights of a base are many gigabytes: their size and time stand for them.
    """
    directories = [order.directory] if order.adapter is None else [order.directory, order.adapter]
    digest = sha256()
    for directory in directories:
        for path in sorted(directory.glob("*.safetensors")):
            stamp = stamp_of(path)
            digest.update(f"{path.name} {stamp and stamp[:2]}\n".encode())
        for name in _SMALL_FILES:
            path = directory / name
            digest.update(path.read_bytes() if path.is_file() else b"-")
    return digest.hexdigest()
