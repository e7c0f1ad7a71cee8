"""Runs the migrations inside a transaction that the caller has opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from understudy.errors import UnderstudyError
from understudy.wording import worded


class NewerSchemaError(UnderstudyError):
    """A newer version of this program wrote the database; the text says how to continue."""


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision, the newest one unless told; one that is there stays.

    Raises NewerSchemaError for a schema that this version does not know; nothing is changed.
    """
    _check_known(MigrationContext.configure(connection).get_current_revision())
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def newest_revision() -> str:
    """Return the revision that this version brings databases to."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None, "there are migrations"
    return newest


def revision_of(database: Path) -> str:
    """Return the revision of a SQLite file, empty before its first migration.

    Raises NewerSchemaError for one that this version does not know.
    """
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as opened:
        is_there = opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
        if is_there.fetchone() is None:
            return ""
        row = opened.execute("SELECT version_num FROM alembic_version").fetchone()
    revision = "" if row is None else str(row[0])
    _check_known(revision)
    return revision


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    # A folder for every ten revisions.
    config.set_main_option("recursive_version_locations", "true")
    return config


def _check_known(revision: str | None) -> None:
    if not revision:
        return
    scripts = ScriptDirectory.from_config(_config())
    if revision in {script.revision for script in scripts.walk_revisions()}:
        return
    raise NewerSchemaError(
        worded(
            "api.newer_version_understudy_wrote",
            "A newer version of understudy wrote this database: its schema is "
            "{revision}, and this version knows {get_current_head} at most. Install "
            "that version again, or restore a backup from before the upgrade "
            "(`understudy restore`). Nothing was changed.",
            revision=revision,
            get_current_head=str(scripts.get_current_head()),
        )
    )
