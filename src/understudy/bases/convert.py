"""Unpacks a GGUF file into a transformers directory, in a process that loads torch."""

import os
from dataclasses import dataclass
from pathlib import Path

from understudy.bases.child_process import (
    ChildFailedError,
    ChildStalledError,
    Watch,
    result_of,
    run_child,
)
from understudy.bases.disk import check_room
from understudy.bases.errors import BaseSourceError
from understudy.bases.progress import Phase, Progress, Report, bytes_below
from understudy.modeling.gguf_header import GgufHeader, read_gguf_header
from understudy.wording import worded

_STALL_SECONDS = 1800.0
_TOKENIZER_BYTES = 32 * 1024**2
_ITEMSIZE = {"F32": 4}


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What a GGUF file became."""

    file: Path
    format: str
    """The format that most of its weights had."""
    dtype: str
    """The format that they have now."""
    file_bytes: int
    weight_bytes: int


def convert_gguf(source: Path, target: Path, report: Report) -> Conversion:
    """Write the model of a GGUF file into `target`, its weights unpacked.

    Raises GgufError for a file that is no whole GGUF, BaseSourceError for one that transformers
    cannot read, and NoRoomError.
    """
    header = read_gguf_header(source)
    expected = header.parameter_count * _ITEMSIZE.get(header.main_format, 2)
    check_room(target, expected + _TOKENIZER_BYTES, f"{source.name} unpacked")

    def show(done: int) -> None:
        report(
            Progress(
                phase=Phase.CONVERTING,
                source=source.name,
                done_bytes=min(done, expected),
                total_bytes=expected,
            )
        )

    result = _run(source, target, Watch(lambda: bytes_below(target), show, _STALL_SECONDS))
    return _conversion(source, header, target, result)


def _run(source: Path, target: Path, watch: Watch) -> str:
    command = ("-m", "understudy.modeling.processes.convert_gguf", str(source), str(target))
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}
    try:
        result = result_of(run_child(command, watch, environment=environment))
    except (ChildFailedError, ChildStalledError) as error:
        raise BaseSourceError(
            worded(
                "bases.could_not_unpacked",
                "{source} could not be unpacked: {message}.",
                source=source,
                message=error.message,
            )
        ) from error
    if "problem" in result:
        raise BaseSourceError(str(result["problem"]))
    return str(result["dtype"])


def _conversion(source: Path, header: GgufHeader, target: Path, dtype: str) -> Conversion:
    return Conversion(
        file=source,
        format=header.main_format,
        dtype=dtype,
        file_bytes=header.file_bytes,
        weight_bytes=sum(path.stat().st_size for path in target.glob("*.safetensors")),
    )
