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
from understudy.wording import worded


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
    out.print(
        worded(
            "cli.models.removed",
            "Removed {name}.",
            name=name,
        ),
        markup=False,
    )
    if removed.freed_bytes:
        out.print(
            worded(
                "cli.models.mb_free_again",
                "  {freed_bytes:,.0f} MB are free again.",
                freed_bytes=removed.freed_bytes / 1000000.0,
            ),
            markup=False,
        )
    else:
        out.print(
            worded(
                "cli.models.yours_stays",
                "  {directory} is yours and stays.",
                directory=removed.directory,
            ),
            markup=False,
            soft_wrap=True,
        )
