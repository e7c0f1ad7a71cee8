import os
from pathlib import Path

import pytest

from understudy.worker.supervisor.cores import usable_cores


@pytest.fixture
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3}, raising=False)


@pytest.mark.usefixtures("four_cores")
@pytest.mark.parametrize(
    ("limit", "cores"),
    [("max 100000", 4), ("200000 100000", 2), ("150000 100000", 2), ("10000 100000", 1)],
)
def test_a_containers_limit_bounds_the_cores(tmp_path: Path, limit: str, cores: int):
    file = tmp_path / "cpu.max"
    file.write_text(limit + "\n")
    assert usable_cores(file) == cores


@pytest.mark.usefixtures("four_cores")
def test_without_a_container_all_cores_of_the_process_count(tmp_path: Path):
    assert usable_cores(tmp_path / "nothing") == 4
