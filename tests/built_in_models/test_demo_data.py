import json
from pathlib import Path

import pytest

from built_in_models.demo_data import shipped_directory, write_demo_data
from understudy.data.files.parse import parse_chat_file

COUNTS = {
    "weather_training.jsonl": 60,
    "weather_held_out.jsonl": 40,
    "tickets_training.jsonl": 120,
    "tickets_held_out.jsonl": 50,
}


def test_the_shipped_files_are_what_the_command_writes(tmp_path: Path):
    write_demo_data(tmp_path)
    for name in COUNTS:
        assert (tmp_path / name).read_bytes() == (shipped_directory() / name).read_bytes()


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_every_line_is_a_valid_training_example(name: str, count: int):
    parsed = parse_chat_file((shipped_directory() / name).read_bytes().splitlines(keepends=True))
    assert parsed.problems == ()
    assert len(parsed.examples) == count


def test_the_files_stay_small():
    assert sum(path.stat().st_size for path in shipped_directory().iterdir()) < 300_000


@pytest.mark.parametrize("task", ["weather", "tickets"])
def test_no_held_out_answer_was_trained_on(task: str):
    def answers(split: str) -> set[str]:
        text = (shipped_directory() / f"{task}_{split}.jsonl").read_text(encoding="utf-8")
        return {json.dumps(json.loads(line)["messages"][-1]) for line in text.splitlines()}

    assert not answers("training") & answers("held_out")
