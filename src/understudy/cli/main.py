"""The `understudy` command with all its subcommands."""

from typing import Any

import typer

import understudy
from understudy.cli.commands import Commands
from understudy.cli.console import CommandGroup, out

_ROOM = "understudy.cli"
PLACES = {
    "serve": f"{_ROOM}.serve:serve",
    "demo": f"{_ROOM}.demo.command:demo",
    "check": f"{_ROOM}.files.check:check",
    "split": f"{_ROOM}.files.split:split",
    "convert": f"{_ROOM}.files.convert:convert",
    "distill": f"{_ROOM}.distill.command:distill",
    "clone": f"{_ROOM}.cloning.command:clone",
    "backup": f"{_ROOM}.keeping.backup:backup",
    "restore": f"{_ROOM}.keeping.restore:restore",
    "doctor": f"{_ROOM}.keeping.doctor:doctor",
    "database": f"{_ROOM}.keeping.database:app",
    "models": f"{_ROOM}.models.commands:app",
    "files": f"{_ROOM}.files.commands:app",
    "jobs": f"{_ROOM}.jobs:app",
    "evals": f"{_ROOM}.evals.commands:app",
    "batch": f"{_ROOM}.batch.commands:app",
    "webhooks": f"{_ROOM}.webhooks:app",
    "logs": f"{_ROOM}.distill.logs:app",
    "import": f"{_ROOM}.importing.command:app",
    "keys": f"{_ROOM}.keys:app",
    "projects": f"{_ROOM}.projects:app",
}
"""Where each command is, in the order of the help."""


class Understudy(CommandGroup):
    """All commands; the one that is asked for is imported."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Commands(PLACES)


app = typer.Typer(
    cls=Understudy,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(is_set: bool) -> None:
    if is_set:
        out.print(f"understudy {understudy.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Fine-tune and serve small models on your own machine, through OpenAI's API."""
