"""`understudy keys`: make keys for the projects of a home."""

from typing import Annotated

import typer

from understudy.cli.console import CommandGroup, out
from understudy.cli.homes import DEFAULT_HOME, Home
from understudy.config import load_settings
from understudy.errors import UnderstudyError
from understudy.storage.database import Database
from understudy.storage.keys import create_key, load_pepper
from understudy.storage.projects import list_projects

app = typer.Typer(cls=CommandGroup, help="Keys of this server's home.", no_args_is_help=True)


class NoServerYetError(UnderstudyError):
    """The home has never been started."""


@app.callback()
def keys() -> None:
    """Keys of this server's home."""


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "made by hand",
    home: Home = DEFAULT_HOME,
) -> None:
    """Make a key for the default project and print it, for the only time."""
    settings = load_settings(home)
    if not settings.pepper_file.exists():
        raise NoServerYetError(
            f"{settings.home} has not been started yet; 'understudy serve' makes the first key."
        )
    database = Database(settings.database_url)
    try:
        with database.write() as session:
            project = list_projects(session)[0]
            key = create_key(session, project.id, name, pepper=load_pepper(settings.pepper_file))
    finally:
        database.close()
    out.print(key, soft_wrap=True)
