import os
from pathlib import Path

from tests.unit.worker.support import Home
from understudy.storage.models import delete_model
from understudy.training.optimizer import OptimizerState
from understudy.training.resume import RunState, has_state, save_state
from understudy.worker.trainer.housekeeping import tidy


def test_the_adapter_of_a_deleted_model_goes_and_the_others_stay(home: Home):
    job = home.create_job(epochs=2)
    home.attempt()
    assert tidy(home.database, home.context.models_directory, grace_seconds=-1) == 0
    name = home.job(job.id).fine_tuned_model
    assert name is not None
    with home.database.write() as session:
        delete_model(session, home.project, name)
    assert tidy(home.database, home.context.models_directory, grace_seconds=-1) == 1
    left = list((home.context.models_directory / job.id).iterdir())
    assert [path.name for path in left] == ["step-2"]


def test_what_an_unfinished_job_has_just_written_stays(home: Home):
    young = home.context.models_directory / "ftjob-x" / "step-1"
    old = home.context.models_directory / "ftjob-x" / ".step-2.partial"
    for directory in (young, old):
        directory.mkdir(parents=True)
    os.utime(old, (1, 1))
    assert tidy(home.database, home.context.models_directory) == 1
    assert young.exists()


def test_a_home_that_was_moved_keeps_its_models(home: Home, tmp_path: Path):
    home.create_job(epochs=1)
    home.attempt()
    moved = home.context.models_directory.rename(tmp_path / "moved")
    assert tidy(home.database, moved, grace_seconds=-1) == 0


def test_what_an_ended_job_would_go_on_from_goes_and_its_models_stay(home: Home):
    job = home.create_job(epochs=2)
    home.attempt()
    directory = home.context.models_directory / job.id / "step-4"
    assert not has_state(directory)
    state = RunState(step=4, optimizer=OptimizerState({}, 0), start_loss=1.0)
    save_state(directory, state)
    running = home.create_job(epochs=1)
    unfinished = home.context.models_directory / running.id / "step-1"
    unfinished.mkdir(parents=True)
    save_state(unfinished, state)

    assert tidy(home.database, home.context.models_directory) == 0

    assert not has_state(directory)
    assert (directory / "adapter_model.safetensors").is_file()
    assert has_state(unfinished)
