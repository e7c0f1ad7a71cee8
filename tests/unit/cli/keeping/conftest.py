from collections.abc import Iterator

import pytest

from tests.unit.worker.support import Home, open_home, write_base
from understudy.storage.keys import load_pepper


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with a tuned model and a job that waits, whose base lies in the home."""
    path = tmp_path_factory.mktemp("house") / "home"
    base = write_base(path / "bases" / "tiny")
    (path / "bases" / "linked").symlink_to(base, target_is_directory=True)
    (path / "bases" / ".half.unfinished").mkdir()
    (path / "understudy.toml").write_text(
        f'database_url = "sqlite:///{path}/understudy.db"\n'
        f'[models.tiny]\ndirectory = "{base}"\n[models.far]\ndirectory = "/data/far"\n'
    )
    opened = open_home(path, base)
    load_pepper(path / "pepper")
    opened.create_job()
    opened.attempt()
    opened.create_job()
    yield opened
    opened.database.close()
