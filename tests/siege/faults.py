"""The n-th write, sync, rename or statement of a story fails, or the process dies there."""

import argparse
import errno
import itertools
import logging
import os
import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from tests.jobs.workshop import Workshop, checkpoint, open_workshop, run_to_start, step
from understudy.errors import UnderstudyError
from understudy.jobs.checkpoints import add_checkpoint
from understudy.jobs.lease import claim
from understudy.jobs.progress import step_metrics
from understudy.modeling.checkpoints import publish_directory, verify_directory
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.files.files import NewFile, insert_file
from understudy.storage.keys import create_key, delete_key, find_key, list_keys
from understudy.storage.tables.jobs import CheckpointRow, JobEventRow, JobRow, TunedModelRow
from understudy.storage.tables.projects import FileRow

_log = logging.getLogger(__name__)

PEPPER = b"p" * 32
CONTENT = b'{"messages": []}\n' * 100


class Fault(Enum):
    """What happens at a step."""

    FAILS = "fails"
    FULL = "has no space"
    DIES = "dies"


class DiedError(BaseException):
    """The process is gone: nothing of it runs any more, so no handler may undo anything."""


class Seams:
    """Counts the steps that reach a disk, and lets one of them fail."""

    def __init__(self, fault: Fault, at: int) -> None:
        self._fault, self._at = fault, at
        self.steps = 0
        self.has_died = False

    @contextmanager
    def around(self, database: Database) -> Iterator[None]:
        """Put the seams into this process, for as long as the context lasts."""
        engine = database._reader
        kept = {name: getattr(owner, name) for owner, name in _FILE_CALLS}
        for owner, name in _FILE_CALLS:
            setattr(owner, name, self._wrapped(kept[name]))
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", self._statement)
            event.remove(engine, "commit", self._commit)
            for owner, name in _FILE_CALLS:
                setattr(owner, name, kept[name])

    def last_step(self) -> None:
        """The answer is on its way: a process that dies here did all, and nobody knows."""
        if self._fault is Fault.DIES:
            self._pass(lambda: DiedError())

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **named: Any) -> Any:
            number = errno.ENOSPC if self._fault is Fault.FULL else errno.EIO
            self._pass(lambda: OSError(number, "a fault"))
            return call(*arguments, **named)

        return stepped

    def _statement(self, *_: Any) -> None:
        self._pass(self._database_fault)

    def _commit(self, _connection: Any) -> None:
        self._pass(self._database_fault)

    def _database_fault(self) -> Exception:
        failed = sqlite3.OperationalError("a fault")
        is_full = self._fault is Fault.FULL
        failed.sqlite_errorcode = sqlite3.SQLITE_FULL if is_full else sqlite3.SQLITE_IOERR_WRITE
        return OperationalError("a statement", {}, failed)

    def _pass(self, error: Callable[[], BaseException]) -> None:
        if self.has_died:
            raise DiedError
        self.steps += 1
        if self.steps != self._at:
            return
        if self._fault is Fault.DIES:
            self.has_died = True
            raise DiedError
        raise error()


_FILE_CALLS = ((os, "fsync"), (Path, "replace"), (Path, "rename"), (Path, "unlink"))


@dataclass(frozen=True)
class House:
    """What a story works with."""

    shop: Workshop
    blobs: BlobStore
    models: Path
    key: str


Acknowledged = Mapping[str, str]
"""What a story's client was told: kinds of objects and their ids."""
Story = Callable[[House], Acknowledged]


def upload(house: House) -> Acknowledged:
    """A file arrives and gets its row."""
    blob = house.blobs.write([CONTENT])
    new = NewFile(
        project_id=house.shop.project, purpose="evals", filename="f", blob=blob, created_at=1
    )
    with house.shop.db.write() as session:
        return {"file": insert_file(session, new).id}


def job(house: House) -> Acknowledged:
    """A job is created."""
    return {"job": house.shop.create(metadata={"a": "b"}).id}


def training(house: House) -> Acknowledged:
    """A worker takes a job, reports two steps and saves a checkpoint."""
    db = house.shop.db
    job_id = house.shop.create().id
    held = claim(db, "worker")
    assert held is not None
    run_to_start(db, held)
    step_metrics(db, held, [step(1, 2), step(2, 2)])
    directory = house.models / job_id / "step-2"
    publish_directory(directory, lambda aside: _write_synced(aside / "adapter", CONTENT))
    add_checkpoint(db, held, checkpoint(2, 2, directory))
    return {"job": job_id, "checkpoint": job_id}


def revocation(house: House) -> Acknowledged:
    """A key is revoked."""
    with house.shop.db.write() as session:
        delete_key(session, list_keys(session, house.shop.project)[0].id)
    return {"revoked": house.key}


def _write_synced(path: Path, content: bytes) -> None:
    path.write_bytes(content)


STORIES: tuple[Story, ...] = (upload, job, training, revocation)


def broken_promises(house: House, acknowledged: Acknowledged) -> Iterator[str]:
    """Yield what is not as it was promised, in a database that was opened again."""
    with house.shop.db.read() as session:
        if session.execute(text("PRAGMA integrity_check")).scalar_one() != "ok":
            yield "the database is damaged"
        if session.execute(text("PRAGMA foreign_key_check")).first() is not None:
            yield "a row refers to none"
        for row, kind in ((FileRow, "file"), (JobRow, "job")):
            wanted = acknowledged.get(kind)
            if wanted and session.scalar(select(row).where(row.id == wanted)) is None:
                yield f"an acknowledged {kind} is gone"
        jobs = set(session.scalars(select(JobRow.id)))
        for job_id in jobs:
            found = session.scalars(select(JobEventRow).where(JobEventRow.job_id == job_id)).all()
            if not found:
                yield "a job has no events"
            steps = Counter(each.message for each in found if each.message.startswith("Step "))
            if any(count > 1 for count in steps.values()):
                yield "a step is reported twice"
        kept = session.scalars(select(CheckpointRow)).all()
        if "checkpoint" in acknowledged and not kept:
            yield "an acknowledged checkpoint is gone"
        for row in kept:
            verify_directory(Path(row.directory))
        served = set(session.scalars(select(TunedModelRow.name)))
        if {row.model_name for row in kept} - served:
            yield "a checkpoint is not served"
        if "revoked" in acknowledged and find_key(session, house.key, pepper=PEPPER) is not None:
            yield "a revoked key still opens its project"
        for file in session.scalars(select(FileRow).where(FileRow.filename == "f")):
            if not house.blobs.path(file.sha256).exists():
                yield "a file has no bytes"
    for name in house.blobs.names():
        if sha256(house.blobs.path(name).read_bytes()).hexdigest() != name:
            yield "a blob is not what its name says"


@dataclass
class Findings:
    """What came of all faults."""

    faults: Counter[str] = field(default_factory=Counter)
    """By story and kind."""
    violations: list[str] = field(default_factory=list)


def besiege(directory: Path, *, most: int, stories: tuple[Story, ...] = STORIES) -> Findings:
    """Run each story with a fault at each of its steps, at most so many for each kind."""
    findings = Findings()
    template = directory / "template"
    house = _build(template)
    for story, fault in itertools.product(stories, Fault):
        _log.info("%s %s", story.__name__, fault.value)
        for at in range(1, most + 1):
            if not _try(template, directory / "home", house, story, fault, at, findings):
                break
    return findings


def _try(
    template: Path, home: Path, made: House, story: Story, fault: Fault, at: int, found: Findings
) -> bool:
    """Run a story with one fault; return whether it got as far as that."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(template, home)
    house = _open(home, made)
    seams, acknowledged = Seams(fault, at), {}
    try:
        with seams.around(house.shop.db):
            acknowledged = story(house)
            seams.last_step()
    except (DiedError, OSError, UnderstudyError):
        # Whoever dies after the last step has answered nobody.
        acknowledged = {}
    house.shop.db.close()
    if seams.steps < at:
        return False
    name = f"{story.__name__} {fault.value}"
    found.faults[name] += 1
    house = _open(home, made)
    try:
        found.violations += [
            f"{name} at step {at}: {broken}" for broken in broken_promises(house, acknowledged)
        ]
        # Nothing is locked: the same works when it is asked again.
        if story is not revocation:
            again = story(house)
            found.violations += [
                f"{name} at step {at}, again: {broken}" for broken in broken_promises(house, again)
            ]
    finally:
        house.shop.db.close()
    return True


def _build(directory: Path) -> House:
    directory.mkdir()
    shop = open_workshop(directory / "understudy.db")
    with shop.db.write() as session:
        key = create_key(session, shop.project, "first", pepper=PEPPER)
    shop.db.close()
    return House(shop, BlobStore(directory / "blobs"), directory / "models", key)


def _open(home: Path, made: House) -> House:
    shop = replace(made.shop, db=Database.at(home / "understudy.db"))
    return House(shop, BlobStore(home / "blobs"), home / "models", made.key)


def main() -> int:
    """Try every fault and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1000)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with TemporaryDirectory() as directory:
        findings = besiege(Path(directory), most=asked.most)
    lines = [f"{name}: {count} faults" for name, count in sorted(findings.faults.items())]
    lines += [f"all: {findings.faults.total()} faults", f"broken: {len(findings.violations)}"]
    sys.stdout.write("\n".join([*lines, *findings.violations[:50]]) + "\n")
    return 1 if findings.violations else 0


if __name__ == "__main__":
    sys.exit(main())
