"""`understudy projects`: create and list the projects of a home."""

from typing import Annotated

import typer
from rich.table import Table

from understudy.cli.console import CommandGroup, out
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.cli.keys import open_home
from understudy.ids import unix_now
from understudy.storage.projects import create_project, list_projects

app = typer.Typer(cls=CommandGroup, help="Create and list projects.", no_args_is_help=True)


@app.callback()
def projects() -> None:
    """Create and list projects."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the project is called.")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Create a project, with files, jobs, models and keys of its own; prints its ID.

    `understudy keys create --project NAME` makes a key that opens it.
    """
    with open_home(home) as (database, _), database.write() as session:
        if any(project.name == name for project in list_projects(session)):
            raise typer.BadParameter(f"There is a project named {name} already.")
        project = create_project(session, name, created_at=unix_now())
    out.print(project.id, markup=False)


@app.command("list")
def list_(home: Home = DEFAULT_HOME) -> None:
    """List the projects."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("id", "name"):
        table.add_column(column, no_wrap=True)
    with open_home(home) as (database, _), database.read() as session:
        for project in list_projects(session):
            table.add_row(project.id, project.name)
    out.print(table)
