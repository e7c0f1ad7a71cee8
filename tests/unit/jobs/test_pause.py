from pathlib import Path

import pytest

from tests.jobs.workshop import (
    NUMBERS,
    Clock,
    Workshop,
    checkpoint,
    reap,
    run_to_end,
    run_to_start,
    step,
)
from understudy.errors import InvalidRequestError, JobFailedError, NotFoundError
from understudy.jobs.checkpoints import add_checkpoint, add_snapshot
from understudy.jobs.claims import Claim, ResumePoint
from understudy.jobs.lease import JOBS, claim, heartbeat
from understudy.jobs.lifecycle import Desired, JobStatus
from understudy.jobs.progress import started, step_metrics, validated
from understudy.jobs.service import (
    cancel_job,
    get_job,
    list_checkpoints,
    list_events,
    pause_job,
    resume_job,
)
from understudy.storage.garbage import directories_in_use
from understudy.storage.tables.projects import OutboxRow
from understudy.work.lease import LeaseLostError, release, release_worker
from understudy.work.policy import ExitReason

CHECKPOINT = ResumePoint(step=2, directory=Path("/models/step-2"))
SNAPSHOT = ResumePoint(step=3, directory=Path("/models/resume-3"))


def taken(shop: Workshop, worker: str = "w") -> Claim:
    found = claim(shop.db, worker)
    assert found is not None
    return found


def running(shop: Workshop) -> Claim:
    """A job in training with three steps and a checkpoint at the second."""
    shop.create()
    held = taken(shop)
    run_to_start(shop.db, held)
    step_metrics(shop.db, held, [step(1, 6), step(2, 6)], estimated_finish=9)
    add_checkpoint(shop.db, held, checkpoint(2, 6))
    step_metrics(shop.db, held, [step(3, 6)])
    return held


def pause(shop: Workshop, job_id: str) -> str:
    return pause_job(shop.db, shop.project, job_id).status


def resume(shop: Workshop, job_id: str) -> str:
    return resume_job(shop.db, shop.project, job_id).status


def status(shop: Workshop, job_id: str) -> str:
    return get_job(shop.db, shop.project, job_id).status


def messages(shop: Workshop, job_id: str) -> list[str]:
    page = list_events(shop.db, shop.project, job_id, limit=100)
    return [event.message for event in reversed(page.items)]


def taken_after_resume(shop: Workshop, job_id: str, worker: str = "w") -> Claim:
    assert resume(shop, job_id) == JobStatus.QUEUED
    held = taken(shop, worker)
    assert held.job_id == job_id
    return held


def paused_with_snapshot(shop: Workshop) -> Claim:
    held = running(shop)
    pause(shop, held.job_id)
    add_snapshot(shop.db, held, SNAPSHOT)
    release(shop.db, held.hold, ExitReason.PAUSED)
    return held


def test_a_job_that_nobody_trains_is_paused_at_once_and_claimed_by_nobody(shop: Workshop):
    job = shop.create()
    assert pause(shop, job.id) == JobStatus.PAUSED
    assert claim(shop.db, "w") is None
    assert messages(shop, job.id)[-1] == "The job has been paused"


def test_a_worker_that_looks_into_the_files_loses_a_paused_job(shop: Workshop):
    job = shop.create()
    held = taken(shop)
    assert pause(shop, job.id) == JobStatus.PAUSED
    with pytest.raises(LeaseLostError):
        heartbeat(shop.db, held.hold)
    with pytest.raises(LeaseLostError):
        validated(shop.db, held)


def test_a_job_in_training_runs_until_its_worker_has_saved_its_state(shop: Workshop):
    held = running(shop)
    assert heartbeat(shop.db, held.hold) == Desired.RUN
    assert pause(shop, held.job_id) == JobStatus.RUNNING
    assert heartbeat(shop.db, held.hold) == Desired.PAUSE
    add_snapshot(shop.db, held, SNAPSHOT)
    release(shop.db, held.hold, ExitReason.PAUSED)
    view = get_job(shop.db, shop.project, held.job_id)
    assert (view.status, view.estimated_finish) == (JobStatus.PAUSED, None)
    assert claim(shop.db, "w") is None
    with pytest.raises(LeaseLostError):
        step_metrics(shop.db, held, [step(4, 6)])


def test_asking_again_while_a_job_is_being_paused_changes_nothing(shop: Workshop):
    held = running(shop)
    assert [pause(shop, held.job_id) for _ in range(2)] == [JobStatus.RUNNING] * 2
    release(shop.db, held.hold, ExitReason.PAUSED)
    assert messages(shop, held.job_id).count("The job has been paused") == 1


@pytest.mark.parametrize("reason", sorted(set(ExitReason) - {"succeeded", "failed", "cancelled"}))
def test_a_job_to_be_paused_is_paused_however_its_attempt_ends(shop: Workshop, reason: ExitReason):
    held = running(shop)
    pause(shop, held.job_id)
    release(shop.db, held.hold, reason)
    assert status(shop, held.job_id) == JobStatus.PAUSED
    assert claim(shop.db, "w") is None


def test_a_job_whose_worker_died_before_it_could_pause_is_paused(shop: Workshop):
    held = running(shop)
    pause(shop, held.job_id)
    assert release_worker(shop.db, JOBS, "w") == 1
    assert status(shop, held.job_id) == JobStatus.PAUSED


def test_a_silent_workers_job_is_paused_when_its_lease_ends(shop: Workshop, clock: Clock):
    held = running(shop)
    pause(shop, held.job_id)
    clock.advance(31)
    assert reap(shop.db) == 1
    assert status(shop, held.job_id) == JobStatus.PAUSED


def test_a_running_job_that_waits_for_another_worker_is_paused_at_once(shop: Workshop):
    held = running(shop)
    release_worker(shop.db, JOBS, "w")
    assert status(shop, held.job_id) == JobStatus.RUNNING
    assert pause(shop, held.job_id) == JobStatus.PAUSED


def test_a_resumed_job_goes_on_from_the_snapshot_of_its_pause(shop: Workshop):
    first = paused_with_snapshot(shop)
    held = taken_after_resume(shop, first.job_id)
    assert held.resume_points == (SNAPSHOT, CHECKPOINT)
    assert heartbeat(shop.db, held.hold) == Desired.RUN
    assert messages(shop, held.job_id)[-2:] == [
        "The job has been paused",
        "The job has been resumed",
    ]


def test_without_a_snapshot_it_goes_on_from_its_last_checkpoint(shop: Workshop):
    first = running(shop)
    pause(shop, first.job_id)
    release_worker(shop.db, JOBS, "w")
    held = taken_after_resume(shop, first.job_id)
    assert held.resume_points == (CHECKPOINT,)


def test_a_resumed_job_succeeds_and_tells_its_story_once(shop: Workshop):
    first = paused_with_snapshot(shop)
    run_to_end(shop.db, taken_after_resume(shop, first.job_id))
    told = messages(shop, first.job_id)
    assert len(set(told)) == len(told)
    assert [text for text in told if text.startswith(("The job", "Fine-tuning", "Files"))] == [
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        "The job has been paused",
        "The job has been resumed",
        "The job has successfully completed",
    ]
    with shop.db.read() as session:
        assert [row.type for row in session.query(OutboxRow)] == ["fine_tuning.job.succeeded"]


def test_a_job_paused_before_its_files_were_looked_into_is_still_validated(shop: Workshop):
    job = shop.create()
    pause(shop, job.id)
    run_to_end(shop.db, taken_after_resume(shop, job.id))
    told = messages(shop, job.id)
    assert told.count("Files validated, moving job to queued state") == 1
    assert status(shop, job.id) == JobStatus.SUCCEEDED


def test_every_pause_and_every_resumption_is_told(shop: Workshop):
    job = shop.create()
    for _ in range(3):
        pause(shop, job.id)
        resume(shop, job.id)
    assert (
        messages(shop, job.id)[2:]
        == [
            "The job has been paused",
            "The job has been resumed",
        ]
        * 3
    )


def test_a_later_checkpoint_makes_the_snapshot_useless(shop: Workshop):
    first = paused_with_snapshot(shop)
    held = taken_after_resume(shop, first.job_id)
    run_to_start(shop.db, held)
    with shop.db.read() as session:
        assert directories_in_use(session) == {
            "/bases/understudy-nano",
            "/models/step-2",
            "/models/resume-3",
        }
    recorded = add_checkpoint(shop.db, held, checkpoint(4, 6))
    assert recorded.removed_directories == (SNAPSHOT.directory,)
    with shop.db.read() as session:
        assert directories_in_use(session) == {
            "/bases/understudy-nano",
            "/models/step-2",
            "/models/step-4",
        }


def test_a_later_snapshot_takes_the_place_of_the_one_before(shop: Workshop):
    first = paused_with_snapshot(shop)
    held = taken_after_resume(shop, first.job_id)
    later = ResumePoint(step=5, directory=Path("/models/resume-5"))
    assert add_snapshot(shop.db, held, later) == (SNAPSHOT.directory,)
    assert add_snapshot(shop.db, held, later) == ()


def test_a_snapshot_is_not_a_checkpoint_and_checkpoints_stay_while_paused(shop: Workshop):
    held = paused_with_snapshot(shop)
    page = list_checkpoints(shop.db, shop.project, held.job_id)
    assert [found.step for found in page.items] == [2]


def test_a_resumed_job_starts_with_a_clean_record(shop: Workshop, clock: Clock):
    job = shop.create()
    for _ in range(2):
        taken(shop)
        clock.advance(40)
        reap(shop.db)
        clock.advance(40)
    pause(shop, job.id)
    held = taken_after_resume(shop, job.id)
    release(shop.db, held.hold, ExitReason.INFRASTRUCTURE)
    assert status(shop, job.id) == JobStatus.QUEUED


def test_a_job_is_not_resumed_with_tokens_of_another_renderer(shop: Workshop):
    first = paused_with_snapshot(shop)
    held = taken_after_resume(shop, first.job_id)
    with pytest.raises(JobFailedError, match="changed while the job was running"):
        started(shop.db, held, NUMBERS, renderer_hash="another")


@pytest.mark.parametrize("is_snapshot_saved", [True, False])
def test_a_paused_job_or_one_being_paused_can_be_cancelled(shop: Workshop, is_snapshot_saved: bool):
    held = running(shop)
    pause(shop, held.job_id)
    if is_snapshot_saved:
        release(shop.db, held.hold, ExitReason.PAUSED)
    assert cancel_job(shop.db, shop.project, held.job_id).status == JobStatus.CANCELLED
    with pytest.raises(LeaseLostError):
        add_snapshot(shop.db, held, SNAPSHOT)
    with pytest.raises(InvalidRequestError):
        resume(shop, held.job_id)


def test_what_is_paused_or_over_cannot_be_paused(shop: Workshop):
    job = shop.create()
    for word, operation in (("paused", pause_job), ("cancelled", cancel_job)):
        operation(shop.db, shop.project, job.id)
        with pytest.raises(InvalidRequestError) as caught:
            pause(shop, job.id)
        assert caught.value.message == (
            f'Cannot pause a job {job.id} that already has status "{word}".'
        )


def test_only_a_paused_job_can_be_resumed(shop: Workshop):
    held = running(shop)
    pause(shop, held.job_id)
    with pytest.raises(InvalidRequestError) as caught:
        resume(shop, held.job_id)
    assert caught.value.message == (f'Cannot resume a job {held.job_id} that has status "running".')


def test_another_projects_job_is_neither_paused_nor_resumed(shop: Workshop):
    job = shop.create()
    for operation in (pause_job, resume_job):
        with pytest.raises(NotFoundError, match="Could not find fine tune"):
            operation(shop.db, shop.other_project, job.id)
