"""`understudy keys`: create, list and revoke the API keys of a home."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from understudy.cli.console import CommandGroup, out
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.config.settings import Settings
from understudy.config.source import load_settings
from understudy.errors import UnderstudyError
from understudy.storage.database import Database
from understudy.storage.keys import create_key, delete_key, list_keys, load_pepper
from understudy.storage.projects import list_projects

app = typer.Typer(cls=CommandGroup, help="Create and revoke API keys.", no_args_is_help=True)


class NoServerYetError(UnderstudyError):
    """The home has never been started."""


@app.callback()
def keys() -> None:
    """Create and revoke API keys."""


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "made by hand",
    home: Home = DEFAULT_HOME,
) -> None:
    """Create an API key for the default project and print it; it is shown only once."""
    settings = _started(load_settings(home))
    with _database(settings) as database, database.write() as session:
        project = list_projects(session)[0]
        key = create_key(session, project.id, name, pepper=load_pepper(settings.pepper_file))
    out.print(key, soft_wrap=True)


@app.command("list")
def list_(home: Home = DEFAULT_HOME) -> None:
    """List the API keys of all projects, without their secrets."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("id", "name", "key", "created", "project"):
        table.add_column(column, no_wrap=column == "id")
    with _database(_started(load_settings(home))) as database, database.read() as session:
        for project in list_projects(session):
            for key in list_keys(session, project.id):
                created = datetime.fromtimestamp(key.created_at, UTC).strftime("%Y-%m-%d")
                table.add_row(key.id, key.name, key.hint or "sk-***", created, project.name)
    out.print(table)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="Key ID, as shown by `understudy keys list`.")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Revoke an API key; a running server refuses it immediately."""
    with _database(_started(load_settings(home))) as database, database.write() as session:
        delete_key(session, key_id)
    out.print(f"Revoked {key_id}.", markup=False)


def _started(settings: Settings) -> Settings:
    if not settings.pepper_file.exists():
        raise NoServerYetError(
            f"{settings.home} has not been started yet. Run 'understudy serve' first; it creates "
            "the first key."
        )
    return settings


@contextmanager
def _database(settings: Settings) -> Generator[Database]:
    database = Database(settings.database_url)
    try:
        database.migrate()
        yield database
    finally:
        database.close()
