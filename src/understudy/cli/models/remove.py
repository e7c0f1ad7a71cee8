"""`understudy models remove`: removes a base that nothing uses."""

from typing import Annotated

import typer

from understudy.bases.removal import remove_base
from understudy.cli.console import out
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.config.settings_file import ModelEntries
from understudy.config.source import load_settings
from understudy.registry.live_catalogue import catalogue_of_settings
from understudy.storage.database import Database


def remove(
    name: Annotated[str, typer.Argument(help="Name of a base that was added.")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Remove a base that no job, run, tuned model or alias uses.

    Its files are deleted where they lie in the home; a directory of yours is only forgotten.
    """
    settings = load_settings(home)
    # Before the first start there is no database, and nothing that could use a base.
    database = Database(settings.database_url) if settings.pepper_file.exists() else None
    try:
        if database is not None:
            database.migrate()
        removed = remove_base(
            name,
            catalogue=catalogue_of_settings(settings),
            bases_directory=settings.bases_directory,
            entries=ModelEntries(settings.settings_file),
            database=database,
        )
    finally:
        if database is not None:
            database.close()
    out.print(f"Removed {name}.", markup=False)
    if removed.freed_bytes:
        out.print(f"  {removed.freed_bytes / 1e6:,.0f} MB are free again.", markup=False)
    else:
        out.print(f"  {removed.directory} is yours and stays.", markup=False, soft_wrap=True)
