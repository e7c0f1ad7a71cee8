"""What must hold after any fault, in a home that was opened again."""

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests.siege.stories import LINES, Acknowledged, House
from understudy.errors import UnderstudyError
from understudy.modeling.checkpoints import CorruptCheckpointError, verify_directory
from understudy.storage.backups.restoring import check_backup
from understudy.storage.database import Database
from understudy.storage.keys import find_key
from understudy.storage.tables.batches import BatchRow
from understudy.storage.tables.evals import EvalItemRow, EvalRunRow
from understudy.storage.tables.jobs import CheckpointRow, JobEventRow, JobRow, TunedModelRow
from understudy.storage.tables.projects import FileRow, OutboxRow
from understudy.storage.tables.webhooks import WebhookDeliveryRow

PEPPER = b"p" * 32
_ACKNOWLEDGED = {
    "file": FileRow,
    "job": JobRow,
    "run": EvalRunRow,
    "batch": BatchRow,
    "cancelled": JobRow,
}
_WANTED = {
    "succeeded": (JobRow, "succeeded"),
    "cancelled": (JobRow, "cancelled"),
    "run": (EvalRunRow, "completed"),
    "batch": (BatchRow, "completed"),
}


def broken_promises(house: House, acknowledged: Acknowledged) -> Iterator[str]:
    """Yield what is not as it was promised."""
    with house.db.read() as session:
        yield from _of_the_database(session)
        yield from _of_what_was_acknowledged(session, house, acknowledged)
        yield from _of_jobs(session)
        yield from _of_runs(session)
        yield from _of_events(session)
        yield from _of_files(session, house)
    yield from _of_backups(house, acknowledged)


def _of_the_database(session: Session) -> Iterator[str]:
    if session.execute(text("PRAGMA integrity_check")).scalar_one() != "ok":
        yield "the database is damaged"
    if session.execute(text("PRAGMA foreign_key_check")).first() is not None:
        yield "a row refers to none"


def _of_what_was_acknowledged(
    session: Session, house: House, acknowledged: Acknowledged
) -> Iterator[str]:
    for kind, row in _ACKNOWLEDGED.items():
        wanted = acknowledged.get(kind)
        if wanted and session.scalar(select(row).where(row.id == wanted)) is None:
            yield f"an acknowledged {kind} is gone"
    for kind, (row, status) in _WANTED.items():
        wanted = acknowledged.get(kind)
        if wanted and session.scalar(select(row.status).where(row.id == wanted)) != status:
            yield f"what was said to be {status} is not"
    if "checkpoint" in acknowledged and not session.scalar(select(func.count(CheckpointRow.step))):
        yield "an acknowledged checkpoint is gone"
    if "revoked" in acknowledged and find_key(session, house.key, pepper=PEPPER) is not None:
        yield "a revoked key still opens its project"
    deleted = acknowledged.get("deleted")
    if session.scalar(select(FileRow.id).where(FileRow.id == deleted)) is not None:
        yield "a deleted file is there"


def _of_jobs(session: Session) -> Iterator[str]:
    for job_id in session.scalars(select(JobRow.id)):
        found = session.scalars(select(JobEventRow).where(JobEventRow.job_id == job_id)).all()
        if not found:
            yield "a job has no events"
        steps = Counter(each.message for each in found if each.message.startswith("Step "))
        if any(count > 1 for count in steps.values()):
            yield "a step is reported twice"
    kept = session.scalars(select(CheckpointRow)).all()
    for row in kept:
        try:
            verify_directory(Path(row.directory))
        except (CorruptCheckpointError, OSError) as error:
            yield f"a checkpoint is damaged: {error}"
    served = set(session.scalars(select(TunedModelRow.name)))
    if {row.model_name for row in kept} - served:
        yield "a checkpoint is not served"
    if session.scalar(select(JobRow.id).where(JobRow.status == "failed")) is not None:
        yield "a job was ended by a worker that had lost it"
    ended = session.scalars(select(JobRow).where(JobRow.status == "succeeded"))
    if any(job.fine_tuned_model not in served for job in ended):
        yield "a job succeeded without a model"


def _of_runs(session: Session) -> Iterator[str]:
    for run in session.scalars(select(EvalRunRow)):
        query = select(func.count(EvalItemRow.number)).where(EvalItemRow.run_id == run.id)
        items = session.scalar(query)
        if items != run.passed + run.failed + run.errored:
            yield "a run counts other items than it has"
        if (run.status == "completed") != (items == run.total):
            yield "a run ended before its last item, or did not end with it"


def _of_events(session: Session) -> Iterator[str]:
    events = Counter(session.scalars(select(OutboxRow.object_id)))
    if any(count > 1 for count in events.values()):
        yield "something happened twice"
    told = Counter(session.scalars(select(WebhookDeliveryRow.object_id)))
    if told != events:
        yield "an endpoint is not told of each event once"
    if any(len(row.attempts) > 1 for row in session.scalars(select(WebhookDeliveryRow))):
        yield "a delivery is sent again although it was taken"
    ended = {*session.scalars(select(JobRow.id).where(JobRow.finished_at.is_not(None)))}
    ended |= {*session.scalars(select(EvalRunRow.id).where(EvalRunRow.status == "completed"))}
    ended |= {*session.scalars(select(BatchRow.id).where(BatchRow.status == "completed"))}
    if ended - set(events):
        yield "something ended and nobody is told"


def _of_files(session: Session, house: House) -> Iterator[str]:
    for file in session.scalars(select(FileRow).where(FileRow.sha256 != "a" * 64)):
        if not house.blobs.path(file.sha256).exists():
            yield "a file has no bytes"
    for name in house.blobs.names():
        if sha256(house.blobs.path(name).read_bytes()).hexdigest() != name:
            yield "a blob is not what its name says"
    for row in session.scalars(select(BatchRow).where(BatchRow.output_file.is_not(None))):
        file = session.scalar(select(FileRow).where(FileRow.id == row.output_file))
        lines = [] if file is None else house.blobs.path(file.sha256).read_text().splitlines()
        if sorted(json.loads(line)["custom_id"] for line in lines) != ["1", "2", "3"][:LINES]:
            yield "a batch's file has not each answer once"


def _of_backups(house: House, acknowledged: Acknowledged) -> Iterator[str]:
    try:
        check_backup(house.backup)
    except (UnderstudyError, OSError) as error:
        if "backup" in acknowledged:
            yield f"a backup is not whole: {error}"
        return
    copy = Database.at(house.backup / "understudy.db")
    with copy.read() as there, house.db.read() as here:
        files = select(FileRow.id)
        if set(there.scalars(files)) - set(here.scalars(files)):
            yield "a backup holds what was never there"
    copy.close()
