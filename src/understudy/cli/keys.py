"""`understudy keys`: create, list and revoke the API keys of a home."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
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
from understudy.wording import worded

app = typer.Typer(cls=CommandGroup, help="Create and revoke API keys.", no_args_is_help=True)


class NoServerYetError(UnderstudyError):
    """The home has never been started."""


@app.callback()
def keys() -> None:
    """Create and revoke API keys."""


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "made by hand",
    project: Annotated[
        str | None, typer.Option(help="Name of the project that it opens; else the first one.")
    ] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Create an API key and print it; it is shown only once."""
    with open_home(home) as (database, settings), database.write() as session:
        projects = {each.name: each.id for each in reversed(list_projects(session))}
        if project is not None and project not in projects:
            raise typer.BadParameter(
                f"There is no project named {project}; known are {', '.join(sorted(projects))}."
            )
        opened = list_projects(session)[0].id if project is None else projects[project]
        key = create_key(session, opened, name, pepper=load_pepper(settings.pepper_file))
    out.print(key, soft_wrap=True)


@app.command("list")
def list_(home: Home = DEFAULT_HOME) -> None:
    """List the API keys of all projects, without their secrets."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("id", "name", "key", "created", "project"):
        table.add_column(column, no_wrap=column == "id")
    with open_home(home) as (database, _), database.read() as session:
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
    with open_home(home) as (database, _), database.write() as session:
        delete_key(session, key_id)
    out.print(
        worded(
            "cli.keys.revoked",
            "Revoked {key_id}.",
            key_id=key_id,
        ),
        markup=False,
    )


@contextmanager
def open_home(home: Path) -> Generator[tuple[Database, Settings]]:
    """Open the database of a home for as long as the context lasts; raises NoServerYetError."""
    settings = load_settings(home)
    if not settings.pepper_file.exists():
        raise NoServerYetError(
            worded(
                "cli.keys.not_been_started_yet",
                "{home} has not been started yet. Run 'understudy serve' first; it "
                "creates the first key.",
                home=settings.home,
            )
        )
    database = Database(settings.database_url)
    try:
        database.migrate()
        yield database, settings
    finally:
        database.close()
