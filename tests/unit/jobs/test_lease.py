import pytest

from tests.jobs.workshop import Clock, Workshop, checkpoint, reap, run_to_end, run_to_start, step
from understudy.jobs.checkpoints import add_checkpoint
from understudy.jobs.claims import Claim
from understudy.jobs.lease import JOBS, claim, heartbeat
from understudy.jobs.lifecycle import Desired, JobStatus
from understudy.jobs.progress import step_metrics, validated
from understudy.jobs.service import get_job, list_events
from understudy.storage.tables.jobs import AttemptRow
from understudy.work.lease import LeaseLostError, release, release_worker
from understudy.work.policy import ExitReason


def taken(shop: Workshop, worker: str = "w") -> Claim:
    found = claim(shop.db, worker)
    assert found is not None
    return found


def exit_reasons(shop: Workshop) -> list[str | None]:
    with shop.db.read() as session:
        return [row.exit_reason for row in session.query(AttemptRow).order_by(AttemptRow.epoch)]


def test_jobs_are_claimed_in_the_order_they_came(shop: Workshop):
    ids = [shop.create().id for _ in range(3)]
    assert [taken(shop, f"w{n}").job_id for n in range(3)] == ids
    assert claim(shop.db, "w3") is None


def test_a_claim_says_everything_the_work_needs(shop: Workshop):
    job = shop.create(model="gpt-4.1-nano", seed=7, suffix="s")
    held = taken(shop)
    assert (held.job_id, held.hold.epoch, held.project_id) == (job.id, 1, shop.project)
    assert (held.model, held.base) == ("gpt-4.1-nano-2025-04-14", "understudy-mini")
    assert str(held.base_directory) == "/bases/understudy-mini"
    assert (held.training_file, held.training_blob) == (shop.file, "a" * 64)
    assert held.validation_blob is None
    assert held.resume_points == ()
    assert held.continued_directory is None
    assert (held.seed, held.suffix) == (7, "s")


def test_heartbeats_keep_a_job(shop: Workshop, clock: Clock):
    shop.create()
    held = taken(shop)
    for _ in range(5):
        clock.advance(29)
        assert heartbeat(shop.db, held.hold) == Desired.RUN
        assert reap(shop.db) == 0


def test_a_silent_worker_loses_its_job_and_can_no_longer_write(shop: Workshop, clock: Clock):
    shop.create()
    silent = taken(shop, "silent")
    clock.advance(31)
    other = taken(shop, "other")
    assert other.job_id == silent.job_id
    assert other.hold.epoch > silent.hold.epoch
    with pytest.raises(LeaseLostError):
        heartbeat(shop.db, silent.hold)
    with pytest.raises(LeaseLostError):
        validated(shop.db, silent)
    validated(shop.db, other)
    assert exit_reasons(shop) == ["lease_expired", None]


def test_a_late_heartbeat_is_in_time_while_nobody_took_the_job(shop: Workshop, clock: Clock):
    shop.create()
    held = taken(shop)
    clock.advance(31)
    assert heartbeat(shop.db, held.hold) == Desired.RUN


def test_the_reaper_frees_a_silent_workers_job(shop: Workshop, clock: Clock):
    shop.create()
    held = taken(shop)
    clock.advance(31)
    assert reap(shop.db) == 1
    with pytest.raises(LeaseLostError):
        heartbeat(shop.db, held.hold)


def test_a_restarted_worker_gets_its_jobs_back_at_once(shop: Workshop):
    shop.create()
    before = taken(shop)
    others = shop.create().id
    assert taken(shop, "other").job_id == others
    assert release_worker(shop.db, JOBS, "w") == 1
    assert release_worker(shop.db, JOBS, "w") == 0
    after = taken(shop)
    assert after.job_id == before.job_id
    with pytest.raises(LeaseLostError):
        validated(shop.db, before)


def test_a_running_job_stays_running_in_the_hands_of_the_next_worker(shop: Workshop):
    job = shop.create()
    run_to_start(shop.db, taken(shop))
    release_worker(shop.db, JOBS, "w")
    assert get_job(shop.db, shop.project, job.id).status == JobStatus.RUNNING
    run_to_end(shop.db, taken(shop))
    assert get_job(shop.db, shop.project, job.id).status == JobStatus.SUCCEEDED


def test_a_stopping_worker_gives_its_job_back_without_blame(shop: Workshop):
    shop.create()
    for _ in range(10):
        release(shop.db, taken(shop).hold, ExitReason.WORKER_STOPPED)
    taken(shop)


def test_a_job_waits_for_space_on_a_full_disk(shop: Workshop, clock: Clock):
    job = shop.create()
    for _ in range(10):
        release(shop.db, taken(shop).hold, ExitReason.STORAGE_FULL)
        assert claim(shop.db, "w") is None
        clock.advance(31)
    assert get_job(shop.db, shop.project, job.id).status == JobStatus.VALIDATING_FILES


def test_a_job_that_gets_nowhere_is_given_up_after_three_attempts(shop: Workshop, clock: Clock):
    job = shop.create()
    for _ in range(3):
        taken(shop)
        clock.advance(40)
        reap(shop.db)
        clock.advance(40)
    view = get_job(shop.db, shop.project, job.id)
    assert view.status == JobStatus.FAILED
    assert view.error_message is not None
    assert view.error_code == "server_error"
    assert claim(shop.db, "w") is None
    assert list_events(shop.db, shop.project, job.id).items[0].level == "error"


def test_a_short_storm_of_kills_is_no_reason_to_give_up(shop: Workshop, clock: Clock):
    job = shop.create()
    for _ in range(4):
        taken(shop)
        release_worker(shop.db, JOBS, "w")
        clock.advance(10)
    assert get_job(shop.db, shop.project, job.id).status == JobStatus.VALIDATING_FILES


def test_every_attempt_that_gets_further_is_worth_another(shop: Workshop, clock: Clock):
    job = shop.create()
    for number in range(1, 20):
        held = taken(shop)
        run_to_start(shop.db, held)
        step_metrics(shop.db, held, [step(number, 100)])
        if number % 5 == 0:
            add_checkpoint(shop.db, held, checkpoint(number, 100))
        clock.advance(40)
        reap(shop.db)
    assert get_job(shop.db, shop.project, job.id).status == JobStatus.RUNNING


def test_repeating_known_steps_is_not_getting_further(shop: Workshop, clock: Clock):
    job = shop.create()
    for _ in range(4):
        held = taken(shop)
        run_to_start(shop.db, held)
        step_metrics(shop.db, held, [step(1, 100)])
        clock.advance(40)
        reap(shop.db)
        clock.advance(40)
    assert get_job(shop.db, shop.project, job.id).status == JobStatus.FAILED


def test_retries_come_slower_each_time(shop: Workshop, clock: Clock):
    shop.create()
    held: Claim | None = taken(shop)
    waits: list[int] = []
    for _ in range(4):
        assert held is not None
        release(shop.db, held.hold, ExitReason.INFRASTRUCTURE)
        seconds = 0
        while (held := claim(shop.db, "w")) is None:
            clock.advance(1)
            seconds += 1
        waits.append(seconds)
    assert waits == [0, 2, 8, 30]
