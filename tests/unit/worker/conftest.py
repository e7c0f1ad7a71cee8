from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.worker.support import Home, open_home, write_base


@pytest.fixture(scope="session")
def base_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("bases") / "tiny")


@pytest.fixture
def home(tmp_path: Path, base_directory: Path) -> Iterator[Home]:
    opened = open_home(tmp_path, base_directory)
    yield opened
    opened.database.close()
