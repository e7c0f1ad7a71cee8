"""`understudy database`: moves a home's rows from SQLite to PostgreSQL, or back."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from understudy.cli.console import CommandGroup, out, problems
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.cli.keys import NoServerYetError
from understudy.config.settings import SETTINGS_FILE
from understudy.config.source import load_settings
from understudy.errors import UnavailableError, UnderstudyError
from understudy.storage.backups.database_copy import copy_database
from understudy.storage.database import Database
from understudy.worker.supervisor.home_lock import has_orphans, owner_of

app = typer.Typer(
    cls=CommandGroup, help="Move the database of a home elsewhere.", no_args_is_help=True
)


class CannotCopyError(UnderstudyError):
    """A copy of a database cannot begin; the text says why and what to do."""


@app.callback()
def database() -> None:
    """Move the database of a home elsewhere."""


@app.command()
def copy(
    to: Annotated[
        str,
        typer.Option(
            help="An empty database: postgresql://user@host/name, or sqlite:////absolute/path.db."
        ),
    ],
    home: Home = DEFAULT_HOME,
) -> None:
    """Copy every row of a stopped server into an empty database, and compare all of them.

    All rows become visible at once or none does; the old database stays as it is.
    """
    settings = load_settings(home)
    if not settings.pepper_file.exists():
        raise NoServerYetError(f"{settings.home} has not been started yet; it holds nothing.")
    owner = owner_of(settings.home / "run")
    if owner is not None:
        raise CannotCopyError(
            f"An understudy server ({owner}) uses {settings.home}, and what it writes meanwhile "
            "would be lost. Stop it first."
        )
    if has_orphans(settings.home / "run"):
        raise CannotCopyError(
            f"Processes of an earlier server still run in {settings.home}; end them first."
        )
    url = _url(to)
    if url == make_url(settings.database_url):
        raise CannotCopyError("--to names the database that this home has already.")
    shown = url.render_as_string(hide_password=True)
    source = Database(settings.database_url)
    target = Database(url.render_as_string(hide_password=False))
    try:
        counts = copy_database(source, target, _report)
    except DBAPIError as error:
        raise CannotCopyError(f"The copy failed: {error.orig}. Nothing was copied.") from error
    except UnavailableError as error:
        # Whoever types the address may read what its server says of it.
        cause = error.__cause__
        why = cause.orig if isinstance(cause, DBAPIError) else error.message
        raise CannotCopyError(f"The copy failed: {why}. Nothing was copied.") from error
    finally:
        source.close()
        target.close()
    out.print(
        f"{shown} holds {sum(counts.values()):,} rows in {len(counts)} tables, each read back and "
        "found equal.",
        markup=False,
        soft_wrap=True,
    )
    out.print(
        f"Write it into {settings.home / SETTINGS_FILE} as database_url, and start the server. "
        "Files and models stay in the home.",
        markup=False,
        soft_wrap=True,
    )


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise CannotCopyError(
            "--to is no address of a database. Write postgresql://user@host/name, or "
            "sqlite:////absolute/path.db."
        ) from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise CannotCopyError(
            f"Databases of the kind {url.get_backend_name()} are not supported: name one of "
            "PostgreSQL or SQLite."
        )
    file = Path(url.database or "")
    if url.get_backend_name() == "sqlite" and not (file.is_absolute() and file.parent.is_dir()):
        raise CannotCopyError(
            "--to names no file in a directory that exists. Write an absolute path after "
            "sqlite:///, which makes four slashes."
        )
    return url


def _report(table: str, rows: int) -> None:
    if rows:
        problems.print(f"{table}: {rows:,}", style="dim", markup=False)
