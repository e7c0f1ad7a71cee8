from pathlib import Path

import pytest

from tests.unit.cli.support import run, words, write_model_directory
from understudy.bases import adding
from understudy.bases.convert import Conversion
from understudy.cli.models.adding import conversion_in_words


@pytest.fixture(autouse=True)
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "check_architecture", lambda _directory, _targets: None)


def add(home: Path, name: str, *arguments: str) -> None:
    result = run("models", "add", name, *arguments, "--home", str(home))
    assert result.exit_code == 0, result.output


def remove(home: Path, name: str):
    return run("models", "remove", name, "--home", str(home))


def test_a_copy_is_deleted_and_a_directory_of_ones_own_is_only_forgotten(tmp_path: Path):
    home, mine = tmp_path / "home", write_model_directory(tmp_path / "mine")
    add(home, "own", "--directory", str(mine))
    add(home, "copied", "--directory", str(mine), "--copy")
    assert "are free again" in words(remove(home, "copied").output)
    assert "is yours and stays" in words(remove(home, "own").output)
    assert (mine / "model.safetensors").exists()
    assert not (home / "bases" / "copied").exists()
    assert (home / "understudy.toml").read_text().strip() == ""
    assert "no base model 'own'" in words(remove(home, "own").stderr)


def test_a_base_that_an_alias_needs_stays(tmp_path: Path):
    home, mine = tmp_path / "home", write_model_directory(tmp_path / "mine")
    add(home, "own", "--directory", str(mine))
    text = (home / "understudy.toml").read_text()
    (home / "understudy.toml").write_text(f'[aliases]\nshort = "own"\n{text}')
    refused = remove(home, "own")
    assert refused.exit_code == 1
    assert "used by the alias short" in words(refused.stderr)
    assert "built in" in words(remove(home, "understudy-mini").stderr)


def test_a_failed_copy_leaves_nothing(tmp_path: Path):
    home, mine = tmp_path / "home", write_model_directory(tmp_path / "mine")
    (mine / "tokenizer.json").unlink()
    result = run("models", "add", "m", "--directory", str(mine), "--copy", "--home", str(home))
    assert result.exit_code == 1
    assert [path.name for path in (home / "bases").iterdir()] == [".locks"]
    assert not (home / "understudy.toml").exists()


def test_what_was_unpacked_is_said_with_the_numbers():
    made = Conversion(
        file=Path("m.gguf"), format="Q4_1", dtype="bfloat16", file_bytes=1000, weight_bytes=2690
    )
    assert conversion_in_words(made) == "unpacked from Q4_1 (1,000 bytes) to bfloat16 (2,690 bytes)"
