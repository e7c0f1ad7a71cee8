"""`understudy backup`: copies a home while its server runs, and reads the copy again."""

from pathlib import Path
from typing import Annotated

import typer

import understudy
from understudy.cli.console import out, problems
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.cli.keeping.home_parts import home_parts
from understudy.cli.keys import NoServerYetError
from understudy.config.source import load_settings
from understudy.ids import unix_now
from understudy.storage.backups.making import make_backup


def backup(
    destination: Annotated[
        Path, typer.Argument(help="Directory to make; it must be new or empty.")
    ],
    home: Home = DEFAULT_HOME,
    with_bases: Annotated[
        bool, typer.Option("--with-bases/--without-bases", help="Copy added base models too.")
    ] = True,
    leave_out_damaged: Annotated[
        bool, typer.Option(help="Back up the rest where files are damaged or gone already.")
    ] = False,
) -> None:
    """Copy a home, also one whose server runs, and verify every byte of the copy.

    The copy holds the server's secrets (pepper and settings), for its owner alone.
    """
    settings = load_settings(home)
    if not settings.pepper_file.exists():
        raise NoServerYetError(f"{settings.home} has not been started yet; it holds nothing.")
    destination = destination.expanduser().absolute()
    made = make_backup(
        home_parts(settings, with_bases=with_bases),
        destination,
        version=understudy.__version__,
        created_at=unix_now(),
        is_lenient=leave_out_damaged,
        report=lambda what: problems.print(f"{what} …", style="dim", markup=False, soft_wrap=True),
    )
    out.print(
        f"{destination} holds {settings.home}: {len(made.files)} files, "
        f"{made.bytes / 1e6:,.1f} MB, each read again and found whole.",
        markup=False,
        soft_wrap=True,
    )
    out.print("It holds the pepper and the settings: keep it like a password.")
    for sentence in made.left_out:
        out.print(f"Left out: {sentence}", markup=False, soft_wrap=True)
    out.print(f"Restore: understudy restore {destination} --home DIR", markup=False, soft_wrap=True)
