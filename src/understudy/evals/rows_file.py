"""The rows of a run: written once when it is created, read by whoever works on it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.data.files.json_lines import numbered_lines
from understudy.data.files.strict_json import parse_object

_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class DataRow:
    """What one item is about."""

    item: Mapping[str, Any]
    sample: Mapping[str, Any] | None
    """The answer, when it came with the data."""


def written(row: DataRow) -> bytes:
    """Return a row as its line."""
    value = {"item": row.item} if row.sample is None else {"item": row.item, "sample": row.sample}
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def read_rows(path: Path) -> Iterator[tuple[int, DataRow]]:
    """Iterate over the rows of a checked file with their numbers from 0; blank lines are none."""
    with path.open("rb") as file:
        number = 0
        for _, line in numbered_lines(iter(lambda: file.read(_PIECE_BYTES), b"")):
            if line.strip():
                yield number, row_of(parse_object(line))
                number += 1


def row_of(value: Mapping[str, Any]) -> DataRow:
    """Return the row that a line says; the line is known to be one."""
    return DataRow(item=value["item"], sample=value.get("sample"))
