import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.workshop import Clock, Workshop, open_workshop
from tests.postgresql import on_postgresql
from understudy.storage.database import Database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workshop, Path]:
    path = tmp_path_factory.mktemp("template") / "understudy.db"
    workshop = open_workshop(path)
    workshop.db.close()
    return workshop, path


@pytest.fixture
def shop(template: tuple[Workshop, Path], tmp_path: Path, clock: Clock) -> Iterator[Workshop]:
    if on_postgresql():
        opened = open_workshop(tmp_path, clock)
        yield opened
        opened.db.close()
        return
    workshop, made = template
    path = shutil.copy(made, tmp_path / "understudy.db")
    db = Database(f"sqlite:///{path}", clock=clock)
    yield dataclasses.replace(workshop, db=db)
    db.close()
