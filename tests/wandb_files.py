"""Reads the file that the client of Weights & Biases writes for a run, as `wandb sync` does."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

_BLOCK = 32768
_FILE_HEADER = 7
_RECORD_HEADER = 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


@dataclass
class WrittenRun:
    """What stands in one file."""

    project: str = ""
    run_id: str = ""
    name: str = ""
    tags: list[str] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    exit_code: int | None = None


def written_runs(directory: Path) -> list[WrittenRun]:
    """Every run under the client's directory, oldest first."""
    return [_read(path) for path in sorted(directory.rglob("*.wandb"))]


def _read(path: Path) -> WrittenRun:
    written = WrittenRun()
    for record in _records(path.read_bytes()):
        if record.HasField("run"):
            run = record.run
            written.project, written.run_id = run.project, run.run_id
            written.name, written.tags = run.display_name, list(run.tags)
            written.config = {item.key: item.value_json for item in run.config.update}
        elif record.HasField("history"):
            row = {
                (item.key or item.nested_key[0]): item.value_json for item in record.history.item
            }
            written.history.append(row)
        elif record.HasField("exit"):
            written.exit_code = record.exit.exit_code
    return written


def _records(data: bytes) -> Iterator[Record]:
    """LevelDB's log format: blocks of chunks, each with a checksum, a length and a kind."""
    at, whole = _FILE_HEADER, b""
    while at + _RECORD_HEADER <= len(data):
        if _BLOCK - at % _BLOCK < _RECORD_HEADER:
            at += _BLOCK - at % _BLOCK
            continue
        length, kind = struct.unpack("<HB", data[at + 4 : at + _RECORD_HEADER])
        whole += data[at + _RECORD_HEADER : at + _RECORD_HEADER + length]
        at += _RECORD_HEADER + length
        if kind in (_FULL, _LAST):
            record = Record()
            record.ParseFromString(whole)
            yield record
            whole = b""
