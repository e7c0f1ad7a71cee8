"""A fault at a statement of an upgrade from the first schema to the newest."""

import logging
import shutil
from contextlib import suppress
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.siege.findings import Findings
from tests.siege.seams import DiedError, Fault, Seams
from understudy.errors import UnderstudyError
from understudy.storage.database import Database
from understudy.storage.migrations.run import newest_revision, revision_of, upgrade

_log = logging.getLogger("tests.siege")

FIRST = "0001"
_PROJECT = text("INSERT INTO projects (id, name, created_at) VALUES ('proj_1', 'default', 1)")


def besiege_upgrades(directory: Path, findings: Findings, *, first: int, every: int) -> None:
    """Upgrade with a fault at one statement of so many, and note what is broken afterwards."""
    template = directory / "old.db"
    _build(template)
    for fault in (Fault.FAILS, Fault.FULL, Fault.DIES):
        name = f"upgrade {fault.value}"
        at = first
        while _try(template, directory / "upgraded", fault, at, findings):
            findings.faults[name] += 1
            at += every
        _log.info("%s: %d", name, findings.faults[name])


def _build(path: Path) -> None:
    database = Database.at(path)
    with database._writer.begin() as connection:
        upgrade(connection, FIRST)
        connection.execute(_PROJECT)
    database.close()


def _try(template: Path, home: Path, fault: Fault, at: int, found: Findings) -> bool:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    path = home / "understudy.db"
    for part in template.parent.glob(f"{template.name}*"):
        shutil.copyfile(part, home / part.name.replace(template.name, path.name))
    database = Database.at(path)
    seams = Seams(fault, at, home)
    # What cleans up after a death meets a connection that is gone.
    expected = (DiedError, OSError, SQLAlchemyError, UnderstudyError)
    with suppress(*expected), seams.around(database):
        database.migrate()
    database.close()
    if seams.steps < at:
        return False
    place = f"upgrade {fault.value} at statement {at}"
    if revision_of(path) not in (FIRST, newest_revision()):
        found.add(place, ["the schema is neither the old one nor the new one"])
    again = Database.at(path)
    again.migrate()
    with again.read() as session:
        if session.execute(text("PRAGMA integrity_check")).scalar_one() != "ok":
            found.add(place, ["the database is damaged"])
        if session.execute(text("SELECT name FROM projects")).scalar_one() != "default":
            found.add(place, ["a project is gone"])
    again.close()
    if revision_of(path) != newest_revision():
        found.add(place, ["the upgrade cannot be done again"])
    return True
