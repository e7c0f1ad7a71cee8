from pathlib import Path

from tests.jobs.workshop import Clock, open_workshop, run_to_end
from understudy.jobs.lease import claim
from understudy.storage.jobs.speed import training_speed
from understudy.work.lease import release
from understudy.work.policy import ExitReason


def test_the_speed_is_the_median_of_jobs_that_went_through_at_once(tmp_path: Path):
    clock = Clock()
    shop = open_workshop(tmp_path / "understudy.db", clock)

    def speed(base: str = "understudy-nano", project: str = shop.project) -> float | None:
        with shop.db.read() as session:
            return training_speed(session, project, base)

    def work(seconds: float) -> None:
        claimed = claim(shop.db, "worker")
        assert claimed is not None
        clock.advance(seconds)
        run_to_end(shop.db, claimed)

    assert speed() is None
    for seconds in (10.0, 20.0, 5.0):
        shop.create()
        work(seconds)
    assert speed() == 12.3
    shop.create()
    first_attempt = claim(shop.db, "worker")
    assert first_attempt is not None
    release(shop.db, first_attempt.hold, ExitReason.WORKER_STOPPED)
    work(1.0)
    assert speed() == 12.3
    assert speed(base="understudy-mini") is None
    assert speed(project=shop.other_project) is None
    shop.db.close()
