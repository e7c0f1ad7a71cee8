"""How fast the structural check of training files is beside a plain loop, and its memory.

`python -m benchmarks.checking --memory-mb 1024` writes a file of that size and checks it in a
process of its own.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from understudy.cli.demo.tasks import demo_tasks
from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_file

ROUNDS = 9
SAMPLE_BYTES = 4_000_000


class Pace(NamedTuple):
    """Medians over the rounds, in processor time of one core."""

    ours_mb_per_second: float
    peer_mb_per_second: float
    ratio: float


def main() -> None:
    """Print a line for each kind of file, and one for the memory that a large file takes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--memory-mb", type=int, default=256)
    options.add_argument("--check", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.check is not None:
        check_alone(chosen.check)
        return
    for name, lines in samples().items():
        pace = measure(lines)
        print(
            f"{name:24} {pace.ours_mb_per_second:7.1f} MB/s   json.loads and the cookbook's loop "
            f"{pace.peer_mb_per_second:7.1f} MB/s   ratio {pace.ratio:.2f}"
        )
    measure_memory(chosen.memory_mb)


def samples() -> dict[str, list[bytes]]:
    """Give files of a few megabytes: real short and tool-calling lines, and long conversations."""
    files: dict[str, list[bytes]] = {}
    for task in demo_tasks():
        files[task.training_path.stem] = task.training_path.read_bytes().splitlines(keepends=True)
    turns = [turn for line in files["tickets_training"] for turn in json.loads(line)["messages"]]
    files["conversations of 4 kB"] = [
        json.dumps({"messages": turns[start : start + 60]}).encode() + b"\n"
        for start in range(0, len(turns) - 60, 3)
    ]
    texts = [" ".join(str(turn["content"]) for turn in turns[k : k + 60]) for k in range(30)]
    files["answers of 4 kB"] = [chat("Go on.", text) for text in texts]
    return {
        name: lines * (SAMPLE_BYTES // sum(map(len, lines)) + 1) for name, lines in files.items()
    }


def chat(question: str, answer: str) -> bytes:
    """Write a line with one question and one answer."""
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns}).encode() + b"\n"


def measure(lines: list[bytes]) -> Pace:
    """Check the same lines in both ways in turn, so that both meet the same machine."""
    megabytes = sum(map(len, lines)) / 1e6
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(ROUNDS):
        ours.append(megabytes / seconds_of(check_well, lines))
        peer.append(megabytes / seconds_of(cookbook_errors, lines))
    ratio = statistics.median(a / b for a, b in zip(ours, peer, strict=True))
    return Pace(statistics.median(ours), statistics.median(peer), ratio)


def seconds_of(check: Callable[[list[bytes]], object], lines: list[bytes]) -> float:
    """Return the processor time that a check takes."""
    started_at = time.process_time()
    check(lines)
    return time.process_time() - started_at


def check_well(lines: Iterable[bytes]) -> int:
    """Check a file that has to be good; return its examples."""
    file = parse_file(lines, Method.SUPERVISED)
    if file.problems:
        raise SystemExit(file.problems[0].message)
    return len(file.examples)


def cookbook_errors(lines: Iterable[bytes]) -> Counter[str]:
    """Count errors as OpenAI's notebook on preparing chat files does, with all of a file at once.

    Source: "Data preparation and analysis for chat model fine-tuning", OpenAI cookbook, with the
    keys added that its authors left out and these files have.
    """
    dataset: list[Any] = [json.loads(line) for line in lines]
    errors: Counter[str] = Counter()
    known = ("role", "content", "name", "function_call", "tool_calls", "tool_call_id", "weight")
    for example in dataset:
        if not isinstance(example, dict):
            errors["data_type"] += 1
            continue
        messages: Any = example.get("messages", None)
        if not messages:
            errors["missing_messages_list"] += 1
            continue
        for message in messages:
            if "role" not in message or "content" not in message:
                errors["message_missing_key"] += 1
            if any(key not in known for key in message):
                errors["message_unrecognized_key"] += 1
            if message.get("role", None) not in ("system", "user", "assistant", "function"):
                errors["unrecognized_role"] += 1
            content = message.get("content", None)
            function_call = message.get("function_call", None)
            if (not content and not function_call) or not isinstance(content, str):
                errors["missing_content"] += 1
        if not any(message.get("role", None) == "assistant" for message in messages):
            errors["example_missing_assistant_message"] += 1
    return errors


def measure_memory(megabytes: int) -> None:
    """Check a file of this size in a process of its own, which prints what it took."""
    lines = samples()["weather_training"]
    piece = b"".join(lines)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "large.jsonl"
        with path.open("wb") as file:
            for _ in range(megabytes * 1_000_000 // len(piece) + 1):
                file.write(piece)
        command = [sys.executable, __file__, "--check", str(path)]
        subprocess.run(command, check=True, timeout=1800)


def check_alone(path: Path) -> None:
    """Check a file and print how large this process became."""
    before_mb = peak_mb()
    started_at = time.process_time()
    with path.open("rb") as file:
        examples = check_well(file)
    seconds = time.process_time() - started_at
    megabytes = path.stat().st_size / 1e6
    print(
        f"a file of {megabytes:.0f} MB, {examples} examples: {megabytes / seconds:.1f} MB/s, "
        f"peak {peak_mb():.0f} MB of memory, {before_mb:.0f} MB before it began"
    )


def peak_mb() -> float:
    """Return the most memory this process has had."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * 1024 / 1e6 if sys.platform != "darwin" else kilobytes / 1e6


if __name__ == "__main__":
    main()
