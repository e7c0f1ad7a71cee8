"""Writes the training and held-out files of `understudy demo` from the generated world."""

import sys
from pathlib import Path
from typing import NamedTuple

import understudy
from built_in_models.families.kept_out import tickets, weather_calls
from built_in_models.jsonl import write_chat_jsonl
from built_in_models.kept_out import kept_out_tasks
from built_in_models.world import Split

_SEED = 7


class _DemoFile(NamedTuple):
    name: str
    family: str
    split: Split
    examples: int


_FILES = (
    _DemoFile("weather_training.jsonl", weather_calls.FAMILY, Split.TRAINING, 60),
    _DemoFile("weather_held_out.jsonl", weather_calls.FAMILY, Split.HELD_OUT, 40),
    _DemoFile("tickets_training.jsonl", tickets.FAMILY, Split.TRAINING, 120),
    _DemoFile("tickets_held_out.jsonl", tickets.FAMILY, Split.HELD_OUT, 50),
)


def shipped_directory() -> Path:
    """Return where the package keeps the demo's files."""
    return Path(understudy.__file__).parent / "cli" / "demo" / "data"


def write_demo_data(directory: Path) -> None:
    """Write the four files; the same code writes the same bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    for file in _FILES:
        tasks = kept_out_tasks(file.family, file.split, _SEED, file.examples)
        write_chat_jsonl(directory / file.name, tasks)


if __name__ == "__main__":
    write_demo_data(Path(sys.argv[1]) if len(sys.argv) > 1 else shipped_directory())
