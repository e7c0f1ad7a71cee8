from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.workshop import Clock
from tests.unit.evals.bench import Bench, open_bench


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Bench]:
    opened = open_bench(tmp_path / "understudy.db", clock)
    yield opened
    opened.db.close()
