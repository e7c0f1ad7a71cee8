"""What the commands write to: a console for results, one for problems, and how errors look."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
import typer.core
from rich.console import Console
from rich.table import Table
from rich.text import Text

from understudy.errors import UnderstudyError

out = Console(highlight=False)
problems = Console(stderr=True, highlight=False)


class CommandGroup(typer.core.TyperGroup):
    """A group of commands that shows our own errors in plain words, without a traceback."""

    # typer keeps the class of its contexts private.
    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error meant for the user ends it with exit code 1."""
        try:
            return super().invoke(ctx)
        except UnderstudyError as error:
            problems.print("[bold red]Error:[/] ", end="")
            problems.print(error.message, markup=False, soft_wrap=True)
            raise typer.Exit(1) from error


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Print a table; when the output is no terminal, tab-separated lines without a header.

    `empty` is what a person reads when there are no rows.
    """
    rows = list(rows)
    if not out.is_terminal:
        for row in rows:
            print("\t".join(row))
        return
    if not rows:
        out.print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    out.print(table)


def printable(text: str) -> str:
    """Return text that cannot steer a terminal: what users and models write may hold anything."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def local_time(unix_seconds: int | None) -> str:
    """Return a moment in the reader's own time zone, or a dash for one that has not come."""
    if unix_seconds is None:
        return "-"
    return datetime.fromtimestamp(unix_seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
