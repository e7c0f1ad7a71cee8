"""Console output of the commands: results, problems, tables and errors."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
import typer.core
from rich.console import Console
from rich.table import Table
from rich.text import Text

from understudy.cli.language import named, said
from understudy.errors import UnderstudyError
from understudy.wording import worded


class SpokenConsole(Console):
    """A console that says sentences in the terminal's language."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does; what is a sentence with a code is said."""
        super().print(
            *(said(each) if isinstance(each, str) else each for each in objects), **options
        )


# No emoji: the `:x:` in a model's name would become a picture.
out = SpokenConsole(highlight=False, emoji=False)
problems = SpokenConsole(stderr=True, highlight=False, emoji=False)


class CommandGroup(typer.core.TyperGroup):
    """A group of commands that prints our own errors without a traceback."""

    # typer keeps the class of its contexts private.
    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error meant for the user ends it with exit code 1."""
        try:
            return super().invoke(ctx)
        except UnderstudyError as error:
            problems.print(worded("cli.error", "[bold red]Error:[/] "), end="")
            problems.print(error.message, markup=False, soft_wrap=True)
            raise typer.Exit(1) from error


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Print a table; when the output is not a terminal, tab-separated lines without a header.

    `empty` is printed on a terminal when there are no rows. Where the first column has no name,
    it holds names of facts.
    """
    rows = list(rows)
    if not out.is_terminal:
        for first, *others in rows:
            # Programs look for the names of facts, which stand first and stay as they are.
            print("\t".join((first, *map(said, others))))
        return
    if not rows:
        out.print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for column in columns:
        table.add_column(named(column), overflow="fold")
    are_facts = not columns[0]
    for first, *others in rows:
        name = named(first) if are_facts else said(first)
        table.add_row(*(Text(printable(cell)) for cell in (name, *map(said, others))))
    out.print(table)


def printable(text: str) -> str:
    """Return text in one line without control characters, as users and models may have written.

    The end of a line is shown by an arrow, and any other control character by U+FFFD.
    """
    return "".join(
        letter if letter.isprintable() else "↵" if letter == "\n" else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def local_time(unix_seconds: int | None) -> str:
    """Return the time in the local time zone, or a dash for None."""
    if unix_seconds is None:
        return "-"
    return datetime.fromtimestamp(unix_seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
