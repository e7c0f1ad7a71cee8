"""A job mixes safe demonstrations into what it learns, where it was asked to."""

import json
from pathlib import Path

from tests.unit.worker.support import Home, open_home
from understudy.jobs.creation import NewJob
from understudy.jobs.service import create_job
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.storage.jobs.events import list_events
from understudy.storage.tables.jobs import JobRow

LINE = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}


def trained(home: Home, safety_mix: float | None) -> tuple[JobRow, list[str]]:
    base = BaseModel(name="tiny", directory=home.base_directory, created=1, is_builtin=False)
    new = NewJob(
        model="tiny",
        training_file=home.add_file((json.dumps(LINE).encode() + b"\n") * 18),
        safety_mix=safety_mix,
        seed=7,
        hyperparameters=JobHyperparameters(n_epochs=1, batch_size=10),
        organization="personal",
    )
    catalogue = Catalogue(bases={"tiny": base}, aliases={})
    job = create_job(home.database, catalogue, home.project, new)
    home.attempt()
    with home.database.read() as session:
        events = list_events(session, job.id, after=None, limit=50)
    return home.job(job.id), [event.message for event in events.items]


def test_demonstrations_are_mixed_in_and_counted(tmp_path: Path, base_directory: Path):
    home = open_home(tmp_path, base_directory)
    plain, said = trained(home, None)
    assert not any("demonstrations" in message for message in said)
    mixed, said = trained(home, 0.1)
    assert mixed.status == "succeeded"
    assert (
        "Mixed 2 safe demonstrations into 18 examples (safety_mix 0.1): 1 refusals and 1 harmless "
        "requests with answers, chosen by the job's seed." in said
    )
    assert (mixed.trained_tokens or 0) > (plain.trained_tokens or 0)
    home.database.close()
