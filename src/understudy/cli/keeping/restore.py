"""`understudy restore`: brings a backup into an empty home, verified before anything is touched."""

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.console import local_time, out, problems
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.config.settings import SETTINGS_FILE
from understudy.config.settings_file import settle_restored
from understudy.errors import UnderstudyError
from understudy.registry.catalogue import BUILT_IN_DIRECTORY
from understudy.storage.backups.restoring import (
    STAGING,
    check_backup,
    is_interrupted,
    restore_backup,
)
from understudy.worker.supervisor.home_lock import refuse_home_in_use


class InterruptedRestoreError(UnderstudyError):
    """A home holds a part of a backup only."""


def restore(
    source: Annotated[Path, typer.Argument(help="Directory that `understudy backup` made.")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Bring a backup into a home that is new or empty; every byte is verified before."""
    home = home.expanduser().absolute()
    refuse_home_in_use(home / "run")
    problems.print("Reading the backup …", style="dim", markup=False)
    manifest = check_backup(source.expanduser().absolute())
    names_elsewhere = False

    def adapt(staging: Path) -> None:
        nonlocal names_elsewhere
        names_elsewhere = settle_restored(staging / SETTINGS_FILE, Path(manifest.home), home)

    restore_backup(source.expanduser().absolute(), manifest, home, BUILT_IN_DIRECTORY, adapt=adapt)
    out.print(
        f"{home} is as {manifest.home} was at {local_time(manifest.created_at)}.",
        markup=False,
        soft_wrap=True,
    )
    if names_elsewhere:
        out.print(
            "Its settings named a database elsewhere; the line database_url was removed, and the "
            f"database is {home / 'understudy.db'}.",
            markup=False,
            soft_wrap=True,
        )
    for sentence in manifest.left_out:
        out.print(f"Not in the backup: {sentence}", markup=False, soft_wrap=True)
    out.print(f"Start it: understudy serve --home {home}", markup=False, soft_wrap=True)


def refuse_interrupted(home: Path) -> None:
    """Raise InterruptedRestoreError for a home that a restore did not fill to its end."""
    if is_interrupted(home):
        raise InterruptedRestoreError(
            f"A restore into {home} was interrupted ({STAGING} is there), so it is not whole. "
            "Remove the directory and restore again."
        )
