import pytest

from understudy.jobs.lifecycle import FINISHED, JobStatus, can_move


@pytest.mark.parametrize("finished", sorted(FINISHED))
def test_nothing_leaves_a_finished_state(finished: JobStatus):
    assert not any(can_move(finished, status) for status in JobStatus)


@pytest.mark.parametrize("status", sorted(set(JobStatus) - FINISHED))
def test_every_unfinished_job_can_be_cancelled(status: JobStatus):
    assert can_move(status, JobStatus.CANCELLED)


def test_a_job_trains_only_after_its_files_were_validated():
    assert not can_move(JobStatus.VALIDATING_FILES, JobStatus.RUNNING)
    assert can_move(JobStatus.VALIDATING_FILES, JobStatus.QUEUED)
    assert can_move(JobStatus.QUEUED, JobStatus.RUNNING)


def test_a_paused_job_is_queued_before_it_runs_again():
    assert can_move(JobStatus.RUNNING, JobStatus.PAUSED)
    assert not can_move(JobStatus.PAUSED, JobStatus.RUNNING)
    assert can_move(JobStatus.PAUSED, JobStatus.QUEUED)
