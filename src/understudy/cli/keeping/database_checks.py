"""What a database says of itself: its pages, its schema, and rows that are held by nobody."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from understudy.cli.keeping.finding import Finding, fault, note
from understudy.errors import UnderstudyError
from understudy.storage.backups.snapshot import damaged_tables, damages_of
from understudy.storage.database import Database
from understudy.storage.leases import expired
from understudy.storage.migrations.run import NewerSchemaError, newest_revision, revision_of
from understudy.storage.tables.base import Row
from understudy.storage.tables.leased import LeasedRow

_WHAT_TO_DO = (
    "What lies elsewhere still answers; stop the server and restore a backup, or keep a copy of "
    "the file first and let `sqlite3 FILE .recover` save the rest"
)


def page_findings(database: Path) -> Iterator[Finding]:
    """Check every page of a database file, also one that is in use."""
    damages = damages_of(database)
    if damages:
        tables = damaged_tables(database)
        where = f" in the table(s) {', '.join(tables)}" if tables else ""
        yield fault(
            "database",
            database,
            f"The database is damaged{where} ({damages[0]}). {_WHAT_TO_DO}.",
        )


def schema_findings(database: Path) -> Iterator[Finding]:
    """Say whether this version and the database fit."""
    try:
        revision = revision_of(database)
    except NewerSchemaError as error:
        yield fault("schema", database, error.message)
        return
    except sqlite3.DatabaseError as error:
        yield fault("schema", database, f"The schema cannot be read: {error}. {_WHAT_TO_DO}.")
        return
    if revision != newest_revision():
        yield note(
            "schema",
            database,
            f"The schema is {revision or 'empty'}, and the next start brings it to "
            f"{newest_revision()}; back up before, as there is no way back.",
        )


def lease_findings(database: Database, owner: str | None) -> Iterator[Finding]:
    """Name the rows whose holder fell silent; `owner` is the server that runs, in words."""
    what = (
        "the next start takes it up again."
        if owner is None
        else f"the server ({owner}) takes it back; see logs/ if it stays."
    )
    for table in _leased_tables():
        with database.read() as session:
            rows = session.scalars(expired(table, database.now(session))).all()
        for row in rows:
            yield note(
                "leases", row.id, f"{row.id} is held by {row.worker_id}, which fell silent; {what}"
            )


def unreadable(subject: object, error: UnderstudyError) -> Finding:
    """Return the finding that something could not be looked at."""
    return fault("database", subject, f"{subject} could not be checked: {error.message}")


def _leased_tables() -> list[type[Any]]:
    mapped = [mapper.class_ for mapper in Row.registry.mappers]
    tables = [each for each in mapped if issubclass(each, LeasedRow)]
    return sorted(tables, key=lambda each: str(inspect(each).local_table))
