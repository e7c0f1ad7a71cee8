"""`understudy models export`: the format, the name and what is said."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.unit.exporting.support import write_base
from understudy.cli.main import app
from understudy.storage.database import Database


@pytest.fixture
def home(tmp_path: Path) -> Path:
    base = write_base(tmp_path / "base")
    home = tmp_path / "home"
    home.mkdir()
    (home / "understudy.toml").write_text(f'[models.tiny]\ndirectory = "{base}"\n')
    Database.at(home / "understudy.db").migrate()
    return home


def run(*arguments: str):
    return CliRunner().invoke(app, ["models", "export", *arguments])


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_base_is_exported_and_a_second_time_found(home: Path, tmp_path: Path):
    wanted = ("tiny", "--format", "gguf", "--home", str(home), "--output", str(tmp_path / "out"))

    first, second = run(*wanted), run(*wanted)

    assert first.exit_code == 0, first.output
    assert "Exported" in first.output
    assert "nats on average" in first.output.replace("\n", " ")
    assert "Found" in second.output
    assert (tmp_path / "out" / "model.gguf").is_file()


def test_an_adapter_of_a_base_is_refused(home: Path, tmp_path: Path):
    refused = run("tiny", "--format", "peft", "--home", str(home))

    assert refused.exit_code == 1
    assert "has no adapter" in refused.output


def test_a_directory_that_is_something_else_is_left_alone(home: Path, tmp_path: Path):
    refused = run("tiny", "--format", "merged", "--home", str(home), "--output", str(home))

    assert refused.exit_code == 1
    assert "already exists and is not this export" in " ".join(refused.output.split())
    assert (home / "understudy.toml").is_file()


def test_an_unknown_model_is_refused(home: Path):
    refused = run("ft:none", "--format", "gguf", "--home", str(home))

    assert refused.exit_code == 1
    assert "The model 'ft:none' does not exist" in refused.output
