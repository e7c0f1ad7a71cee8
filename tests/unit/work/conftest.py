from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.evals.bench import Bench, open_bench
from understudy.work import heartbeat as heartbeat_module


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    opened = open_bench(tmp_path / "understudy.db", None)
    yield opened
    opened.db.close()


@pytest.fixture(autouse=True)
def fast_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat_module, "_BEAT_SECONDS", 0.02)
