"""Writes what a batch gave into local files, each there at once or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from openai import OpenAI
from openai.types import Batch

from understudy.cli.client import ApiError
from understudy.wording import worded


class ResultPaths(NamedTuple):
    """Where the answers go, and where the errors."""

    outputs: Path
    errors: Path


def result_paths(source: Path, output: Path | None) -> ResultPaths:
    """Return where results go: beside `source`, or to `output`.

    Raises ApiError for files that are there already, before anything is asked.
    """
    if output is None:
        paths = ResultPaths(
            source.with_name(f"{source.stem}.output.jsonl"),
            source.with_name(f"{source.stem}.errors.jsonl"),
        )
    else:
        paths = ResultPaths(output, output.with_name(f"{output.stem}.errors.jsonl"))
    for path in paths:
        if path.exists():
            raise ApiError(
                worded(
                    "cli.batch.exists_already_move_choose",
                    "{path} exists already. Move it, or choose another place with --out.",
                    path=path,
                )
            )
        if not path.parent.is_dir():
            raise ApiError(
                worded(
                    "cli.batch.there_no_directory",
                    "There is no directory {parent}.",
                    parent=path.parent,
                )
            )
    return paths


def write_results(client: OpenAI, batch: Batch, paths: ResultPaths) -> Iterator[Path]:
    """Write the files that a batch has, and yield where they are."""
    for file_id, path in zip((batch.output_file_id, batch.error_file_id), paths, strict=True):
        if file_id is None:
            continue
        partial = path.with_name(f"{path.name}.part")
        with client.files.with_streaming_response.content(file_id) as response:
            response.stream_to_file(partial)
        partial.replace(path)
        yield path
