import json
from pathlib import Path

from tests.unit.cli.support import run, words
from understudy.cli.demo.tasks import demo_tasks

TICKETS = demo_tasks()[1].training_path


def split(tmp_path: Path, *arguments: object):
    return run("split", str(TICKETS), "--directory", str(tmp_path), *map(str, arguments))


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_file_becomes_two_that_together_hold_its_lines_unchanged(tmp_path: Path):
    result = split(tmp_path, "--validation", 0.1, "--by-duplicate-group", "--stratify")
    assert result.exit_code == 0, result.output
    stem = TICKETS.stem
    training = lines(tmp_path / f"{stem}.train.jsonl")
    validation = lines(tmp_path / f"{stem}.validation.jsonl")
    assert sorted(training + validation) == sorted(lines(TICKETS))
    assert "0 validation prompts have a near-duplicate in the training file" in words(result.output)


def test_what_was_done_can_be_read_by_programs(tmp_path: Path):
    told = json.loads(split(tmp_path, "--json").output)
    assert len(told["validation"]) == len(lines(Path(told["validation_file"])))
    assert told["shared"] == 0
    assert sum(kind["validation"] for kind in told["kinds"]) == len(told["validation"])


def test_files_that_are_there_are_kept_unless_told_otherwise(tmp_path: Path):
    assert split(tmp_path).exit_code == 0
    again = split(tmp_path, "--seed", 1)
    assert again.exit_code == 1
    assert "already exists" in words(again.output)
    assert split(tmp_path, "--seed", 1, "--force").exit_code == 0


def test_a_file_with_errors_is_not_divided(tmp_path: Path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"messages": []}\n')
    result = run("split", str(broken))
    assert result.exit_code == 1
    assert "understudy check" in words(result.output)
    assert list(tmp_path.glob("*.train.jsonl")) == []
