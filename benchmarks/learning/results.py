"""The runs of the learning benchmark: kept in a file, summed up in a table and drawn."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from understudy.planning.hyperparameters import JobHyperparameters, resolve

BASE, OURS, TRL = "base", "understudy", "TRL"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one run is: which model learned what, how, and with which seed."""

    base: str
    task: str
    examples: int
    """In the training file."""
    trainer: str
    """`base` for the model as it is."""
    epochs: int = 0
    batch_size: int = 0
    multiplier: float = 0.0
    seed: int = 0

    @property
    def numbers(self) -> tuple[int, int, float]:
        """Epochs, batch size and multiplier."""
        return self.epochs, self.batch_size, self.multiplier


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run that is over."""

    settings: Settings
    score: float
    """Mean over the held-out questions, from 0 to 1."""
    cpu_seconds: float
    """Of the training."""


class Results:
    """The runs so far, in a file of JSON lines: a run that is recorded need not be repeated."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._runs: dict[Settings, Run] = {}
        for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
            values = json.loads(line)
            run = Run(
                score=values.pop("score"),
                cpu_seconds=values.pop("cpu_seconds"),
                settings=Settings(**values),
            )
            self._runs[run.settings] = run

    def __contains__(self, settings: Settings) -> bool:
        """Say whether this run was recorded."""
        return settings in self._runs

    def add(self, run: Run) -> None:
        """Record a run."""
        self._runs[run.settings] = run
        values = asdict(run.settings) | {"score": run.score, "cpu_seconds": run.cpu_seconds}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    @property
    def bases(self) -> list[str]:
        """The names of the bases that were run."""
        return list(dict.fromkeys(settings.base for settings in self._runs))

    def of(self, base: str) -> list[Run]:
        """Return the runs of one base."""
        return [run for run in self._runs.values() if run.settings.base == base]


class Scores(NamedTuple):
    """The scores of runs that differ in their seed alone, in percent."""

    mean: float
    least: float
    most: float
    seeds: int

    def __str__(self) -> str:
        """Return the mean, and between which scores the seeds lie."""
        if self.seeds == 1:
            return f"{self.mean:.1f}"
        return f"{self.mean:.1f} ({self.least:.0f} to {self.most:.0f})"


class TaskRow(NamedTuple):
    """What was measured of one task; None for what was not run."""

    task: str
    base: Scores | None
    trl: Scores | None
    auto: Scores | None
    auto_numbers: tuple[int, int, float]
    best: Scores | None
    """Of all settings with as many seeds as "auto", itself included."""
    best_numbers: tuple[int, int, float] | None
    settings: int
    """How many settings `best` is the best of."""


def task_rows(runs: Sequence[Run]) -> list[TaskRow]:
    """Sum up the runs of one base, a row for each task."""
    return [
        _row(task, [run for run in runs if run.settings.task == task])
        for task in dict.fromkeys(run.settings.task for run in runs)
    ]


def _row(task: str, runs: Sequence[Run]) -> TaskRow:
    resolved = resolve(JobHyperparameters(), example_count=runs[0].settings.examples)
    auto_numbers = (
        resolved.n_epochs,
        resolved.batch_size,
        resolved.learning_rate_multiplier,
    )
    ours = [run for run in runs if run.settings.trainer == OURS]
    by_numbers = {
        numbers: _scores(run for run in ours if run.settings.numbers == numbers)
        for numbers in dict.fromkeys(run.settings.numbers for run in ours)
    }
    auto = by_numbers.get(auto_numbers)
    full = {
        numbers: scores
        for numbers, scores in by_numbers.items()
        if scores and scores.seeds >= (auto.seeds if auto else 1)
    }
    # One setting alone is no grid.
    best_numbers = max(full, key=lambda numbers: full[numbers].mean) if len(full) > 1 else None
    return TaskRow(
        task=task,
        base=_scores(run for run in runs if run.settings.trainer == BASE),
        trl=_scores(run for run in runs if run.settings.trainer == TRL),
        auto=auto,
        auto_numbers=auto_numbers,
        best=None if best_numbers is None else full[best_numbers],
        best_numbers=best_numbers,
        settings=len(full),
    )


def _scores(runs: Iterable[Run]) -> Scores | None:
    scores = [100 * run.score for run in runs]
    if not scores:
        return None
    return Scores(statistics.mean(scores), min(scores), max(scores), len(scores))


def table(rows: Sequence[TaskRow]) -> str:
    """Return the rows in Markdown, with a last one of means."""
    lines = [
        '| task | base | TRL | "auto" | best of the grid | its epochs, batch, multiplier |',
        "|---|--:|--:|--:|--:|---|",
    ]
    for row in rows:
        of_grid = "" if row.best_numbers is None else _grid(row.best_numbers, row.settings)
        cells = (row.base, row.trl, row.auto, row.best)
        shown = " | ".join("not run" if cell is None else str(cell) for cell in cells)
        lines.append(f"| {row.task} | {shown} | {of_grid} |")
    means = " | ".join(
        _mean([getattr(row, column) for row in rows]) for column in ("base", "trl", "auto", "best")
    )
    return "\n".join([*lines, f"| mean | {means} | |"])


def _grid(numbers: tuple[int, int, float], settings: int) -> str:
    epochs, batch_size, multiplier = numbers
    return f"{epochs}, {batch_size}, {multiplier:g} (of {settings})"


def _mean(cells: Sequence[Scores | None]) -> str:
    known = [cell.mean for cell in cells if cell is not None]
    return f"{statistics.mean(known):.1f}" if len(known) == len(cells) and known else ""


def plot(pages: Sequence[tuple[str, Sequence[TaskRow]]], file: Path) -> None:
    """Draw the arms of each base side by side, with a line over the scores of the seeds."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "understudy"
    from matplotlib import patches, pyplot

    arms = (
        ("base", "base", "#d9d9d9"),
        ("trl", "TRL, its usual settings", "#8a8a8a"),
        ("auto", '"auto"', "#2a7de1"),
        ("best", "best of the grid", "#9cc4f2"),
    )
    figure, panels = pyplot.subplots(
        len(pages), 1, figsize=(8, 2.8 * len(pages)), layout="constrained", squeeze=False
    )
    for (base, rows), axes in zip(pages, panels[:, 0], strict=True):
        for number, (column, label, color) in enumerate(arms):
            for at, row in enumerate(rows):
                scores: Scores | None = getattr(row, column)
                if scores is None:
                    continue
                place = at + (number - 1.5) * 0.2
                axes.bar(place, scores.mean, width=0.18, color=color, label=label if not at else "")
                axes.vlines(place, scores.least, scores.most, color="#303030", linewidth=1)
        axes.set_xticks(range(len(rows)), [row.task for row in rows])
        axes.set_title(base, fontsize=10)
        axes.set_ylabel("score, %")
        axes.set_ylim(0, 100)
        axes.spines[["top", "right"]].set_visible(False)
    handles = [patches.Patch(color=color, label=label) for _, label, color in arms]
    figure.legend(handles=handles, frameon=False, loc="outside upper center", ncols=4)
    figure.savefig(file, metadata={"Date": None})
