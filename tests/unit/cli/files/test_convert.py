import json
from pathlib import Path

from tests.unit.cli.support import run, words

ROW = {"instruction": "Name a colour", "input": "", "output": "blue"}


def test_rows_of_another_trainer_become_a_chat_file_that_check_reads(tmp_path: Path):
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([ROW] * 12))
    assert run("convert", str(file)).exit_code == 0
    written = tmp_path / "rows.chat.jsonl"
    assert len(written.read_text().splitlines()) == 12
    assert run("check", str(written)).exit_code == 0
    again = run("convert", str(file))
    assert again.exit_code == 1
    assert "already exists" in words(again.output)
    assert run("convert", str(file), "--force").exit_code == 0


def test_a_row_that_cannot_be_converted_leaves_no_file(tmp_path: Path):
    file = tmp_path / "rows.jsonl"
    file.write_text(f"{json.dumps(ROW)}\n{json.dumps(ROW | {'score': 1})}\n")
    result = run("convert", str(file))
    assert result.exit_code == 1
    assert 'Line 2: it also has "score"' in words(result.output)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_an_empty_file_and_a_missing_one_are_refused(tmp_path: Path):
    empty = tmp_path / "rows.jsonl"
    empty.write_text("")
    assert "holds no rows" in words(run("convert", str(empty)).output)
    assert "File not found" in words(run("convert", str(tmp_path / "none")).output)
