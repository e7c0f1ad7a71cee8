from pathlib import Path

import pytest

from tests.unit.cli.support import words
from understudy.cli.demo.choice import choose_demonstration
from understudy.errors import UnderstudyError


@pytest.fixture(autouse=True)
def no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_where_the_index_lacks_the_data_the_built_in_model_is_shown_and_the_reason_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    shown = choose_demonstration(None, tmp_path)
    assert shown.model == "understudy-mini"
    assert [task.suffix for task in shown.tasks] == ["weather", "tickets"]
    said = words(capsys.readouterr().out)
    assert "smollm2-135m cannot be had here, so the demo uses understudy-mini" in said
    assert "bfcl-eval==2026.3.23 cannot be had from the package index" in said


def test_the_real_model_by_its_name_is_refused_where_it_cannot_be_had(tmp_path: Path):
    with pytest.raises(UnderstudyError, match="cannot be had from the package index"):
        choose_demonstration("smollm2-135m", tmp_path)


def test_another_model_gets_the_built_in_tasks_and_nothing_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    shown = choose_demonstration("understudy-nano", tmp_path)
    assert shown.model == "understudy-nano"
    assert [task.suffix for task in shown.tasks] == ["weather", "tickets"]
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "cache").exists()


def test_where_nothing_can_be_kept_the_built_in_model_is_shown_and_the_variable_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert choose_demonstration(None, tmp_path).model == "understudy-mini"
    said = words(capsys.readouterr().out)
    assert "Not a directory. XDG_CACHE_HOME may name another directory." in said
