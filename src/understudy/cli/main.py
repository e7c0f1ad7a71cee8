"""The `understudy` command with all its subcommands."""

import typer

import understudy
from understudy.cli import jobs, keys, projects, serve, webhooks
from understudy.cli.batch import commands as batch
from understudy.cli.cloning import command as cloning
from understudy.cli.console import CommandGroup, out
from understudy.cli.demo import command as demo
from understudy.cli.distill import command as distill
from understudy.cli.distill import logs
from understudy.cli.evals import commands as evals
from understudy.cli.files import check, convert, split
from understudy.cli.files import commands as files
from understudy.cli.importing import command as importing
from understudy.cli.keeping import backup, database, doctor, restore
from understudy.cli.models import commands as models

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command()(serve.serve)
app.command()(demo.demo)
app.command()(check.check)
app.command()(split.split)
app.command()(convert.convert)
app.command()(distill.distill)
app.command()(cloning.clone)
app.command()(backup.backup)
app.command()(restore.restore)
app.command()(doctor.doctor)
app.add_typer(database.app, name="database")
app.add_typer(models.app, name="models")
app.add_typer(files.app, name="files")
app.add_typer(jobs.app, name="jobs")
app.add_typer(evals.app, name="evals")
app.add_typer(batch.app, name="batch")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(logs.app, name="logs")
app.add_typer(importing.app, name="import")
app.add_typer(keys.app, name="keys")
app.add_typer(projects.app, name="projects")


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
