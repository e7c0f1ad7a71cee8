"""From the lines of a file to its rows: JSON lines, an array, objects over lines, a table."""

import ast
import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

_SEPARATORS = ",\t;|"
_decoder = json.JSONDecoder()


class Form(StrEnum):
    """How a file holds its rows."""

    LINES = "lines"
    ARRAY = "array"
    """One JSON array of all rows, or one object that holds such an array."""
    OBJECTS = "objects"
    """JSON objects, each over several lines."""
    TABLE = "table"
    """CSV, or the same with another separator."""


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """One row as the file has it."""

    line: int
    """Where it begins, counted from 1."""
    text: str
    """As it stands in a line, or as the line of a JSONL file that it would be."""
    is_loose: bool = False
    """Whether `text` is not what the file says: that was almost JSON."""
    written: str = ""
    """What the file says, where `text` is something else."""


def form_of_file(lines: Sequence[str]) -> Form:
    """Recognise the form by how the file begins, and whether it can be read as that."""
    start = next((line for line in lines if line.strip()), "")
    if start.lstrip().startswith("["):
        return Form.ARRAY
    if start.lstrip().startswith("{"):
        is_line = _loose(start.strip()) is not None or '"' in start
        return Form.LINES if is_line and start.strip() != "{" else Form.OBJECTS
    return Form.TABLE if _separator(start) is not None else Form.LINES


def rows_of(lines: Sequence[str], form: Form) -> Iterator[SourceRow]:
    """Yield the rows of a file; a text that is no row comes as the row of its line."""
    match form:
        case Form.LINES:
            yield from _lines(lines)
        case Form.TABLE:
            yield from _table(lines)
        case _:
            yield from _values("\n".join(lines))


def _lines(lines: Sequence[str]) -> Iterator[SourceRow]:
    last = max((number for number, line in enumerate(lines, start=1) if line.strip()), default=0)
    for number, line in enumerate(lines[:last], start=1):
        text = line.strip()
        loose = None if _is_json(text) else _loose(text)
        if loose is None:
            yield SourceRow(line=number, text=text)
        else:
            yield SourceRow(line=number, text=loose, is_loose=True, written=text)


def _values(text: str) -> Iterator[SourceRow]:
    """Read one value after the other, with whatever stands between them."""
    at, line, seen = 0, 1, 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,[]\ufeff":
            at += 1
        if at >= len(text):
            return
        line += text.count("\n", seen, at)
        seen = at
        try:
            value, at = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            # The rest cannot be told apart any more.
            yield SourceRow(line=line, text=" ".join(text[at : at + 2000].split()))
            return
        yield SourceRow(line=line, text=json.dumps(value, ensure_ascii=False))


def _table(lines: Sequence[str]) -> Iterator[SourceRow]:
    separator = _separator(next(line for line in lines if line.strip())) or ","
    reader = csv.DictReader(
        io.StringIO("\n".join(line.rstrip("\r") for line in lines)), delimiter=separator
    )
    number = 2
    for row in reader:
        values = {str(key).strip().removeprefix("\ufeff"): value for key, value in row.items()}
        yield SourceRow(
            line=number,
            text=json.dumps(
                {key: _cell(value) for key, value in values.items()}, ensure_ascii=False
            ),
        )
        number = reader.line_num + 1


def _cell(value: Any) -> Any:
    """A cell may hold JSON, as exports of data frames do."""
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _separator(header: str) -> str | None:
    best = max(_SEPARATORS, key=header.count)
    return best if header.count(best) > 0 else None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _loose(text: str) -> str | None:
    """Read what is almost a JSON object: a comma after it, or Python's way to write it."""
    bare = text.rstrip(",; ")
    for read in (json.loads, ast.literal_eval):
        try:
            value = cast("object", read(bare))
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict):
            try:
                return json.dumps(value, ensure_ascii=False)
            except (TypeError, ValueError):
                return None
    return None
