"""What is done while a step fails: each kind of work that makes something durable."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.jobs.workshop import Workshop, checkpoint, run_to_start, step
from tests.unit.evals.bench import Bench, item
from understudy.evals import recording
from understudy.ids import new_id
from understudy.jobs.checkpoints import add_checkpoint
from understudy.jobs.claims import Claim
from understudy.jobs.lease import claim as claim_job
from understudy.jobs.progress import failed, step_metrics
from understudy.jobs.service import cancel_job, pause_job, resume_job
from understudy.jobs.success import succeeded
from understudy.modeling.checkpoints import publish_directory
from understudy.schemas.batches import BatchStatus
from understudy.server.batches import record
from understudy.server.batches.files import write_files
from understudy.storage.backups.home import HomeParts
from understudy.storage.backups.making import make_backup
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.events.outbox import publish
from understudy.storage.files.files import NewFile, delete_file, insert_file
from understudy.storage.garbage import collect_blobs
from understudy.storage.keys import delete_key, list_keys
from understudy.storage.tables.batches import BatchRow
from understudy.webhooks.deliveries import DELIVERIES, DeliveryAttempt, record_attempt
from understudy.wording import in_others_words
from understudy.work.lease import LeaseLostError, claim

CONTENT = b'{"messages": []}\n' * 100
LINES = 3
"""Of a batch, and items of a run."""


@dataclass(frozen=True)
class House:
    """What a story works with."""

    shop: Workshop
    root: Path
    key: str
    doomed: str
    """A file that may be deleted."""

    @property
    def db(self) -> Database:
        return self.shop.db

    @property
    def blobs(self) -> BlobStore:
        return BlobStore(self.root / "home" / "blobs")

    @property
    def backup(self) -> Path:
        return self.root / "backup"

    def file(self, content: bytes, purpose: str = "evals") -> str:
        """Store a file as an upload does."""
        blob = self.blobs.write([content])
        new = NewFile(
            project_id=self.shop.project, purpose=purpose, filename="f", blob=blob, created_at=1
        )
        with self.db.write() as session:
            return insert_file(session, new).id


Acknowledged = Mapping[str, str]
"""What a story's client was told: kinds of objects and their ids."""
Story = Callable[[House], Acknowledged]


def upload(house: House) -> Acknowledged:
    """A file arrives and gets its row."""
    return {"file": house.file(CONTENT)}


def job(house: House) -> Acknowledged:
    """A job is created."""
    return {"job": house.shop.create(metadata={"a": "b"}).id}


def training(house: House) -> Acknowledged:
    """A worker takes a job, reports two steps and saves a checkpoint."""
    held = _begun(house)
    _save(house, held)
    return {"job": held.hold.id, "checkpoint": held.hold.id}


def success(house: House) -> Acknowledged:
    """A job trains to its end: a model, a file of results and a webhook."""
    held = _begun(house)
    _save(house, held)
    result = house.blobs.write([b"step,train_loss\n"])
    succeeded(house.db, held, result=result, trained_tokens=9)
    return {"job": held.hold.id, "checkpoint": held.hold.id, "succeeded": held.hold.id}


def stopping(house: House) -> Acknowledged:
    """A job that waits is paused, resumed and cancelled."""
    made = house.shop.create().id
    for change in (pause_job, resume_job, cancel_job):
        change(house.db, house.shop.project, made)
    return {"cancelled": made}


def zombie(house: House) -> Acknowledged:
    """A worker whose job went to another one wakes up, and would end the job."""
    house.shop.create()
    first = claim_job(house.db, "asleep", lease_seconds=-1)
    assert first is not None
    run_to_start(house.db, first)
    second = claim_job(house.db, "awake")
    if second is not None and second.hold.id == first.hold.id:
        step_metrics(house.db, second, [step(1, 2)])
    with suppress(LeaseLostError):
        failed(house.db, first, "server_error", in_others_words("It slept."), None)
    return {"job": first.hold.id}


def evaluation(house: House) -> Acknowledged:
    """A run is worked off; one of its items is recorded twice."""
    Bench(house.db, house.shop.project, "eval_1").add_run(LINES)
    hold = claim(house.db, recording.RUNS, "runner")
    assert hold is not None
    recording.start(house.db, hold)
    recording.record_items(house.db, hold, [item(0), item(1)])
    recording.record_items(house.db, hold, [item(1), item(2)])
    return {"run": hold.id}


def batch(house: House) -> Acknowledged:
    """A batch is answered and ends with its file; one of its lines is recorded twice."""
    source = house.file(CONTENT, "batch")
    batch_id = new_id("batch_")
    with house.db.write() as session:
        now = int(house.db.now(session))
        session.add(
            BatchRow(
                id=batch_id, project_id=house.shop.project, status=BatchStatus.VALIDATING,
                endpoint="/v1/responses", input_file=source, input_blob="a" * 64, pairs={},
                output_seconds=3600, created_at=now, expires_at=now + 3600,
            )
        )  # fmt: skip
    hold = claim(house.db, record.BATCHES, "server")
    assert hold is not None
    record.start(house.db, hold, total=LINES, model="m")
    for numbers in ((1, 2), (2, 3)):
        record.record_answers(house.db, hold, [_answer(number) for number in numbers])
    record.start_finalizing(house.db, hold)
    row, _ = record.current(house.db, hold)
    files = write_files(house.db, house.blobs, row, BatchStatus.COMPLETED)
    record.end(house.db, hold, BatchStatus.COMPLETED, outputs=files.outputs, errors=files.errors)
    return {"batch": hold.id}


def delivery(house: House) -> Acknowledged:
    """Something happens, and an endpoint hears of it at the second attempt."""
    object_id = new_id("eval_run_")
    with house.db.write() as session:
        publish(
            session,
            project_id=house.shop.project,
            type="eval.run.succeeded",
            object_id=object_id,
            created_at=int(house.db.now(session)),
        )
    hold = claim(house.db, DELIVERIES, "runner")
    assert hold is not None
    taken = DeliveryAttempt(at=1, status_code=200, error=None, milliseconds=1)
    record_attempt(house.db, hold, taken)
    return {"delivered": object_id}


def deletion(house: House) -> Acknowledged:
    """A file is deleted, and its bytes go."""
    with house.db.write() as session:
        delete_file(session, house.shop.project, house.doomed)
    collect_blobs(house.db, house.blobs, grace_seconds=-1)
    return {"deleted": house.doomed}


def revocation(house: House) -> Acknowledged:
    """A key is revoked."""
    with house.db.write() as session:
        delete_key(session, list_keys(session, house.shop.project)[0].id)
    return {"revoked": house.key}


def backup(house: House) -> Acknowledged:
    """The home is copied while it may be in use."""
    home = house.root / "home"
    parts = HomeParts(
        home=home, database=home / "understudy.db", built_in=home, trees=[], left_out=[]
    )
    make_backup(parts, house.backup, version="1", created_at=1)
    return {"backup": str(house.backup)}


STORIES: tuple[Story, ...] = (
    upload,
    job,
    training,
    success,
    stopping,
    zombie,
    evaluation,
    batch,
    delivery,
    deletion,
    revocation,
    backup,
)
ONCE = (deletion, revocation, backup)
"""What cannot be done again, since it is done."""


def _begun(house: House) -> Claim:
    house.shop.create()
    held = claim_job(house.db, "worker")
    assert held is not None
    run_to_start(house.db, held)
    step_metrics(house.db, held, [step(1, 2), step(2, 2)])
    return held


def _save(house: House, held: Claim) -> None:
    directory = house.root / "home" / "models" / held.hold.id / "step-2"
    sha256 = publish_directory(
        directory, lambda aside: (aside / "adapter").write_bytes(CONTENT) and None
    )
    assert sha256
    add_checkpoint(house.db, held, checkpoint(2, 2, directory))


def _answer(number: int) -> record.LineAnswer:
    return record.LineAnswer(
        number=number, is_error=False, line=f'{{"custom_id": "{number}"}}', usage=record.LineUsage()
    )
