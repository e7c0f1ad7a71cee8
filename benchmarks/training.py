"""Tokens per CPU-second of training steps: this project and TRL, each in a process of its own.

Run as `python -m benchmarks.training`. The first round measures every arm, which is the search for
TRL's best settings; the rounds after it repeat TRL's defaults, its best and this project's loop,
interleaved. Measurements are saved in `--results`, so that a run can be continued. `--write docs`
puts the medians into docs/benchmarks.md and a plot beside it.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.training_arms import DEFAULTS, OURS, TRL_ARMS, Measured
from benchmarks.training_shapes import SHAPES

KINDS = ("full", "lora")
_MARKS = "<!-- benchmark: written by benchmarks/training.py -->", "<!-- end of the benchmark -->"
_PLOT = "training_speed.svg"


class Row(NamedTuple):
    """One arm: medians over its rounds."""

    shape: str
    kind: str
    arm: str
    pace: float
    peak_megabytes: float
    rounds: int


def measure_elsewhere(arm: str, kind: str, shape: str, steps: int, threads: int) -> Measured:
    """Measure one arm in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training_arms", arm, kind, shape, str(steps)],
        env=os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        timeout=1200,
    )
    return Measured(*json.loads(done.stdout.splitlines()[-1]))


class Results:
    """What was measured, kept in a file so that a long benchmark can be ended and gone on with."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._runs: dict[tuple[str, str, str], list[Measured]] = {}
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            shape, kind, arm, *numbers = json.loads(line)
            self.of(shape, kind, arm).append(Measured(*numbers))

    def of(self, shape: str, kind: str, arm: str) -> list[Measured]:
        """Return an arm's runs."""
        return self._runs.setdefault((shape, kind, arm), [])

    def add(self, shape: str, kind: str, arm: str, measured: Measured) -> None:
        """Keep one more run."""
        self.of(shape, kind, arm).append(measured)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([shape, kind, arm, *measured]) + "\n")

    def rows(self) -> list[Row]:
        """Return the medians of every arm that was measured."""
        return [
            row_of(*place, runs) for place, runs in sorted(self._runs.items(), key=_order) if runs
        ]


def _order(item: tuple[tuple[str, str, str], object]) -> tuple[int, int, int]:
    shape, kind, arm = item[0]
    return list(SHAPES).index(shape), KINDS.index(kind), [*TRL_ARMS, OURS].index(arm)


def measure_all(
    results: Results,
    shapes: Sequence[str],
    kinds: Sequence[str],
    *,
    rounds: int,
    steps: int,
    threads: int,
) -> None:
    """Search in the first round, then repeat the arms that matter."""
    for shape in shapes:
        for kind in kinds:
            for number in range(rounds):
                for arm in (*TRL_ARMS, OURS) if number == 0 else finalists(results, shape, kind):
                    if len(results.of(shape, kind, arm)) <= number:
                        measured = measure_elsewhere(arm, kind, shape, steps, threads)
                        results.add(shape, kind, arm, measured)


def finalists(results: Results, shape: str, kind: str) -> tuple[str, str, str]:
    """Return TRL's defaults, the fastest of its arms in the first round, and our loop."""
    first = {arm: results.of(shape, kind, arm)[0] for arm in TRL_ARMS}
    return DEFAULTS, max(first, key=lambda arm: first[arm].tokens_per_cpu_second), OURS


def row_of(shape: str, kind: str, arm: str, runs: Sequence[Measured]) -> Row:
    """Return an arm's medians."""
    return Row(
        shape,
        kind,
        arm,
        statistics.median(run.tokens_per_cpu_second for run in runs),
        statistics.median(run.peak_megabytes for run in runs),
        len(runs),
    )


def table(rows: Sequence[Row]) -> str:
    """Return the rows in Markdown, with ratios to TRL's defaults."""
    lines = [
        "| model | weights | trainer | tokens per CPU-second | ratio | peak MB | rounds |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for row in rows:
        base = pace_of(rows, row.shape, row.kind, DEFAULTS)
        lines.append(
            f"| {row.shape} | {row.kind} | {row.arm} | {row.pace:,.0f} | {row.pace / base:.1f} "
            f"| {row.peak_megabytes:,.0f} | {row.rounds} |"
        )
    return "\n".join(lines)


def pace_of(rows: Sequence[Row], shape: str, kind: str, arm: str) -> float:
    """Return what an arm reached."""
    return next(row.pace for row in rows if (row.shape, row.kind, row.arm) == (shape, kind, arm))


def plot(rows: Sequence[Row], file: Path) -> None:
    """Draw TRL's defaults, TRL's best and this project side by side."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "understudy"
    from matplotlib import pyplot

    groups = list(dict.fromkeys((row.shape, row.kind) for row in rows))
    figure, axes = pyplot.subplots(figsize=(7, 3.2), layout="constrained")
    for number, (label, color) in enumerate(
        ((DEFAULTS, "#b0b0b0"), ("TRL, its best settings", "#707070"), (OURS, "#2a7de1"))
    ):
        paces = [
            pace_of(rows, shape, kind, label)
            if label in (DEFAULTS, OURS)
            else max(pace_of(rows, shape, kind, arm) for arm in TRL_ARMS)
            for shape, kind in groups
        ]
        places = [at + (number - 1) * 0.27 for at in range(len(groups))]
        bars = axes.bar(places, paces, width=0.25, label=label, color=color)
        axes.bar_label(bars, fmt="{:,.0f}", fontsize=7)
    axes.set_xticks(range(len(groups)), [f"{shape}, {kind}" for shape, kind in groups])
    axes.set_ylabel("tokens per CPU-second")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, loc="outside upper center", ncols=3)
    figure.savefig(file, metadata={"Date": None})


def machine() -> str:
    """Say what was measured on: cores and the instruction sets that matter."""
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    known = {"amx_bf16": "AMX bf16", "avx512_bf16": "AVX-512 bf16", "avx512f": "AVX-512"}
    best = next((name for flag, name in known.items() if flag in flags), platform.machine())
    return f"{os.cpu_count()} cores with {best}"


def write_page(page: Path, rows: Sequence[Row], command: str) -> None:
    """Put date, machine, command, table and plot between the page's marks."""
    start, end = _MARKS
    day = datetime.now(UTC).strftime("%d %B %Y").lstrip("0")
    text = (
        f"{start}\n\nOn {day}, on {machine()}:\n\n```sh\n{command}\n```\n\n{table(rows)}\n\n"
        f"![Tokens per CPU-second of TRL and of understudy]({_PLOT})\n\n{end}"
    )
    before = page.read_text(encoding="utf-8")
    page.write_text(
        re.sub(f"{re.escape(start)}.*{re.escape(end)}", lambda _: text, before, flags=re.DOTALL),
        encoding="utf-8",
    )


def main() -> None:
    """Run the rounds and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--results", type=Path, default=Path("training_benchmark.jsonl"))
    parser.add_argument("--write", type=Path, metavar="DOCS", help="directory of benchmarks.md")
    asked = parser.parse_args()
    results = Results(asked.results)
    measure_all(
        results,
        asked.shapes,
        asked.kinds,
        rounds=asked.rounds,
        steps=asked.steps,
        threads=asked.threads,
    )
    rows = results.rows()
    print(table(rows))
    if asked.write is not None:
        command = f".venv/bin/python -m benchmarks.training {' '.join(sys.argv[1:])}"
        write_page(asked.write / "benchmarks.md", rows, command)
        plot(rows, asked.write / _PLOT)


if __name__ == "__main__":
    main()
