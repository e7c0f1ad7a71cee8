"""`understudy convert`: writes another trainer's rows as a chat file."""

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.console import out
from understudy.data.foreign.file import converted
from understudy.errors import InvalidRequestError
from understudy.wording import worded


def convert(
    file: Annotated[Path, typer.Argument(help="Path of a file of Alpaca or ShareGPT rows.")],
    output: Annotated[
        Path | None, typer.Option(help="Output file; by default FILE.chat.jsonl beside it.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Overwrite an existing file.")] = False,
) -> None:
    """Write rows of another trainer (Alpaca, ShareGPT) as chat messages, into FILE.chat.jsonl.

    Every row is converted, or the first that cannot be is named and no file is written.
    """
    if not file.is_file():
        raise InvalidRequestError(
            worded("cli.file_not_found", "File not found: {file}.", file=str(file))
        )
    target = output or file.with_name(f"{file.stem}.chat.jsonl")
    if target.exists() and not force:
        raise InvalidRequestError(
            worded(
                "cli.files.already_exists_use_force",
                "{target} already exists; use --force to overwrite it.",
                target=target,
            )
        )
    rows = _write(file, target)
    out.print(
        worded(
            "cli.files.rows_written",
            "{rows} rows written to {target}.",
            rows=rows,
            target=target,
        ),
        markup=False,
        soft_wrap=True,
    )


def _write(source: Path, target: Path) -> int:
    """Return how many lines were written; the file appears complete or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    rows = 0
    try:
        with source.open("rb") as pieces, unfinished.open("w", encoding="utf-8") as copy:
            for line in converted(pieces):
                copy.write(line + "\n")
                rows += 1
        if rows == 0:
            raise InvalidRequestError(
                worded(
                    "cli.files.holds_no_rows",
                    "{source} holds no rows.",
                    source=source,
                )
            )
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows
