import tomllib
from pathlib import Path

import pytest

from understudy.config.settings import SettingsError
from understudy.config.settings_file import write_aliases, write_model


def test_what_a_person_wrote_stays_as_it_was(tmp_path: Path):
    path = tmp_path / "understudy.toml"
    written = '# ours\norganization = "acme"  # for now\n\n[aliases]\n"gpt-4o" = "a"\n'
    path.write_text(written)
    write_aliases(path, {"gpt-4.1-nano-2025-04-14": "b"})
    write_model(path, "Qwen/Qwen3-0.6B", Path("/data/qwen"), {})
    text = path.read_text()
    assert text.startswith(written)
    assert tomllib.loads(text) == {
        "organization": "acme",
        "aliases": {"gpt-4o": "a", "gpt-4.1-nano-2025-04-14": "b"},
        "models": {"Qwen/Qwen3-0.6B": {"directory": "/data/qwen"}},
    }


def test_a_file_that_is_not_there_is_made(tmp_path: Path):
    path = tmp_path / "new" / "understudy.toml"
    write_model(path, "m", Path("/m"), {})
    assert tomllib.loads(path.read_text()) == {"models": {"m": {"directory": "/m"}}}
    assert [entry.name for entry in path.parent.iterdir()] == ["understudy.toml"]


def test_names_that_exist_are_replaced(tmp_path: Path):
    path = tmp_path / "understudy.toml"
    write_aliases(path, {"a": "x", "b": "y"})
    write_aliases(path, {"b": "z"})
    write_model(path, "m", Path("/old"), {})
    write_model(path, "m", Path("/new"), {})
    assert tomllib.loads(path.read_text()) == {
        "aliases": {"a": "x", "b": "z"},
        "models": {"m": {"directory": "/new"}},
    }


def test_a_broken_file_is_not_overwritten(tmp_path: Path):
    path = tmp_path / "understudy.toml"
    path.write_text("organization = ")
    with pytest.raises(SettingsError, match="not valid TOML"):
        write_aliases(path, {"a": "b"})
    assert path.read_text() == "organization = "
