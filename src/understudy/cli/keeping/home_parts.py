"""What of a home is backed up, read from its settings."""

from pathlib import Path

from sqlalchemy import make_url

from understudy.config.settings import SETTINGS_FILE, Settings
from understudy.errors import UnderstudyError
from understudy.registry.catalogue import BUILT_IN_DIRECTORY
from understudy.storage.backups.home import HomeParts


class NoSqliteError(UnderstudyError):
    """The database of a home is not a file of this machine; the text says what to use instead."""


def is_sqlite(settings: Settings) -> bool:
    """Say whether a home's database is a file."""
    return make_url(settings.database_url).get_backend_name() == "sqlite"


def sqlite_file(settings: Settings) -> Path:
    """Return the file of a home's database; raises NoSqliteError where another server has it."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise NoSqliteError(
            f"The database of {settings.home} is on another server ({url.get_backend_name()}), "
            "which has its own backup: run pg_dump first, then copy the home's directory. Files "
            "and models are never changed once they are written."
        )
    return Path(url.database)


def home_parts(settings: Settings, *, with_bases: bool) -> HomeParts:
    """Return what of a home is copied, and what is known to be left out."""
    home = settings.home
    left_out = ["Exports, logs, locks and sockets are not copied: they are made again."]
    trees = [
        home / SETTINGS_FILE,
        settings.pepper_file,
        settings.tensorboard_directory,
        settings.wandb_directory,
    ]
    policy_file = settings.moderation_policy_file
    if policy_file is not None and policy_file.is_relative_to(home):
        trees.append(policy_file)
    elif policy_file is not None:
        left_out.append(f"The moderation policy {policy_file} lies outside of the home.")
    if with_bases:
        trees.append(settings.bases_directory)
    elif settings.bases_directory.is_dir():
        left_out.append(
            "Base models in bases/ are not copied, as --without-bases says; add them again after a "
            "restore."
        )
    for name, directory in {**settings.models, **settings.embedders}.items():
        if not directory.is_relative_to(home):
            left_out.append(f"The model {name} lies outside of the home, in {directory}.")
    return HomeParts(
        home=home,
        database=sqlite_file(settings),
        built_in=BUILT_IN_DIRECTORY,
        trees=trees,
        left_out=left_out,
    )
