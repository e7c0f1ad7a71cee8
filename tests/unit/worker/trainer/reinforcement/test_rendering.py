"""How much a job's model is asked to think, where its chat template has no place for that."""

import threading
from pathlib import Path

import pytest

from tests import tiny
from tests.unit.worker.support import Home, open_home
from understudy.data.files.formats import Method
from understudy.errors import JobFailedError
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.reinforcement import ReinforcementSettings
from understudy.registry.aliases import STRICT, Leniency
from understudy.worker.trainer.listeners import Listeners
from understudy.worker.trainer.reinforcement.rendering import effort_renderer
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.stop_flag import StopFlag

GRADER = {
    "type": "string_check",
    "name": "empty",
    "input": "{{ sample.output_text }}",
    "reference": "",
    "operation": "eq",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    tiny.write_renderer(tmp_path / "base")
    return open_home(tmp_path, tmp_path / "base")


def test_an_effort_is_refused_or_ignored_with_an_event_as_the_alias_says(home: Home):
    job = home.create_job(
        method=Method.REINFORCEMENT,
        hyperparameters=JobHyperparameters(reasoning_effort="low"),
        reinforcement=ReinforcementSettings(grader=GRADER),
    )
    claimed, renderer = home.claim(), tiny.renderer(home.base_directory)
    reporter = JobReporter(
        home.database, home.context.blobs, claimed, StopFlag(threading.Event()), Listeners({})
    )
    with pytest.raises(JobFailedError, match="no switch for thinking"):
        effort_renderer(claimed, renderer, STRICT, reporter)

    lenient = Leniency(alias="o*-mini", parameters=frozenset({"reasoning_effort"}))
    assert effort_renderer(claimed, renderer, lenient, reporter) is renderer
    assert home.messages(job.id)[-1].startswith(
        "reasoning_effort=low is ignored, as the alias o*-mini in understudy.toml says"
    )
