import os
import time
from pathlib import Path

import pytest

from tests.jobs.workshop import CATALOGUE, checkpoint, run_to_start
from understudy.errors import NotFoundError
from understudy.jobs.checkpoints import add_checkpoint
from understudy.jobs.creation import NewJob
from understudy.jobs.lease import claim
from understudy.jobs.lifecycle import FINISHED
from understudy.jobs.service import cancel_job, create_job
from understudy.registry.teaching import Teaching, TeachingWay
from understudy.storage.blobs import Blob, BlobStore
from understudy.storage.database import Database
from understudy.storage.files.files import NewFile, delete_file, insert_file
from understudy.storage.garbage import collect_blobs, directories_in_use
from understudy.storage.jobs.jobs import unended_jobs_of_base
from understudy.storage.models import delete_model


def upload(db: Database, project: str, blob: Blob) -> str:
    with db.write() as session:
        new = NewFile(
            project_id=project, purpose="fine-tune", filename="f", blob=blob, created_at=1
        )
        return insert_file(session, new).id


def collect(db: Database, blobs: BlobStore) -> int:
    return collect_blobs(db, blobs, grace_seconds=-1)


def test_a_blob_stays_while_any_file_names_it(db: Database, blobs: BlobStore, project: str):
    blob = blobs.write([b"shared"])
    first, second = upload(db, project, blob), upload(db, project, blob)
    with db.write() as session:
        delete_file(session, project, first)
    assert collect(db, blobs) == 0
    with db.write() as session:
        delete_file(session, project, second)
    assert collect(db, blobs) == 1
    assert list(blobs.names()) == []


def test_a_blob_stays_while_an_unfinished_job_names_it(
    db: Database, blobs: BlobStore, project: str
):
    file = upload(db, project, blobs.write([b"training"]))
    new = NewJob(model="understudy-nano", training_file=file, organization="o")
    job = create_job(db, CATALOGUE, project, new)
    with db.write() as session:
        delete_file(session, project, file)
    assert collect(db, blobs) == 0
    cancel_job(db, project, job.id)
    assert collect(db, blobs) == 1


def test_a_young_blob_stays_because_its_row_may_be_on_the_way(db: Database, blobs: BlobStore):
    blobs.write([b"just uploaded"])
    assert collect_blobs(db, blobs) == 0


def test_an_upload_that_was_abandoned_long_ago_goes(db: Database, blobs: BlobStore):
    old, young = blobs.temporary / "old", blobs.temporary / "young"
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000,) * 2)
    collect(db, blobs)
    assert not old.exists()
    assert young.exists()


def test_a_checkpoint_is_needed_while_its_job_runs_or_it_is_served(
    db: Database, blobs: BlobStore, project: str
):
    file = upload(db, project, blobs.write([b"training"]))
    new = NewJob(model="understudy-nano", training_file=file, organization="o")
    create_job(db, CATALOGUE, project, new)
    held = claim(db, "w")
    assert held is not None
    run_to_start(db, held)
    names = [
        add_checkpoint(db, held, checkpoint(step, 4, Path(f"/models/{step}"))).model_name
        for step in (2, 4)
    ]
    with db.write() as session:
        delete_model(session, project, names[0])
        assert directories_in_use(session) == {"/bases/understudy-nano", "/models/2", "/models/4"}
    cancel_job(db, project, held.job_id)
    with db.write() as session:
        assert directories_in_use(session) == {"/models/4"}
        delete_model(session, project, names[1])
        assert directories_in_use(session) == set()


def test_a_teacher_is_needed_until_its_student_has_learned(
    db: Database, blobs: BlobStore, project: str
):
    file = upload(db, project, blobs.write([b"training"]))
    teaching = Teaching(
        way=TeachingWay.PROBABILITIES,
        teacher="ft:large",
        base="large",
        directory=Path("/bases/large"),
        adapter=Path("/models/adapter"),
        instructions=None,
    )
    new = NewJob(model="understudy-nano", training_file=file, organization="o", teaching=teaching)
    job = create_job(db, CATALOGUE, project, new)

    with db.read() as session:
        assert {"/bases/large", "/models/adapter"} < directories_in_use(session)
        assert [row.id for row in unended_jobs_of_base(session, "large", FINISHED)] == [job.id]
    cancel_job(db, project, job.id)
    with db.read() as session:
        assert directories_in_use(session) == set()
        assert unended_jobs_of_base(session, "large", FINISHED) == []


def test_deleting_an_unknown_model_is_the_contracts_error(db: Database, project: str):
    with db.write() as session, pytest.raises(NotFoundError) as caught:
        delete_model(session, project, "ft:x")
    assert caught.value.message == "The model 'ft:x' does not exist"
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
