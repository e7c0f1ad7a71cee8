"""How near "auto" comes to the best of a grid on real tasks, beside the base and TRL's trainer.

Run as `python -m benchmarks.learning`. Every run is appended to `--results`, and a run that is
there is not repeated, so that a benchmark can be ended and continued; delete the file when the
trainer has changed. Published data are fetched once into `--cache`. `--write docs` puts the tables
into docs/benchmarks.md and a plot beside it.
"""

import argparse
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import torch

from benchmarks.learning.arms import Bench, Result
from benchmarks.learning.results import (
    BASE,
    OURS,
    TRL,
    Results,
    Run,
    Settings,
    plot,
    table,
    task_rows,
)
from benchmarks.tasks.catalogue import TASKS
from benchmarks.tasks.fetching import DEFAULT_CACHE
from benchmarks.tasks.task import Task
from understudy.bases.template_choice import choose_template, templated_directory
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import builtin_bases

ARMS = ("base", "auto", "grid", "trl")
_MARKS = (
    "<!-- benchmark: written by python -m benchmarks.learning -->",
    "<!-- end of the learning benchmark -->",
)
_PLOT = "learning.svg"


def runs_of(
    arm: str, name: str, bench: Bench, task: Task, asked: argparse.Namespace
) -> Iterator[tuple[Settings, Callable[[], Result]]]:
    """Yield what an arm runs on a task, and how."""

    def settings(trainer: str, **numbers: Any) -> Settings:
        return Settings(
            base=name, task=task.name, examples=len(task.training), trainer=trainer, **numbers
        )

    if arm == "base":
        yield settings(BASE), lambda: bench.base(task)
        return
    for seed in asked.seeds:
        if arm == "trl":
            yield settings(TRL, seed=seed), lambda seed=seed: bench.trl(task, seed)
            continue
        for requested in [JobHyperparameters()] if arm == "auto" else grid(asked):
            if (requested.batch_size or 1) > len(task.training):
                continue
            plan = bench.plan(task, requested, seed)
            numbers = plan.hyperparameters
            ours = settings(
                OURS,
                epochs=numbers.n_epochs,
                batch_size=numbers.batch_size,
                multiplier=numbers.learning_rate_multiplier,
                seed=seed,
            )
            yield ours, lambda plan=plan: bench.ours(task, plan)


def grid(asked: argparse.Namespace) -> list[JobHyperparameters]:
    """Return the settings of the grid."""
    return [
        JobHyperparameters(n_epochs=epochs, batch_size=size, learning_rate_multiplier=multiplier)
        for epochs, size, multiplier in product(asked.epochs, asked.batch_sizes, asked.multipliers)
    ]


def measure(results: Results, asked: argparse.Namespace) -> str:
    """Run what is not recorded yet and return the base's name."""
    name = asked.base if asked.base in builtin_bases() else (asked.name or Path(asked.base).name)
    with tempfile.TemporaryDirectory() as links:
        bench = Bench(directory_of(asked, name, Path(links)))
        for key in asked.tasks:
            task = TASKS[key](asked.cache)
            for arm in asked.arms:
                for settings, run in runs_of(arm, name, bench, task, asked):
                    if settings in results:
                        continue
                    result = run()
                    results.add(Run(settings=settings, **result._asdict()))
                    print(f"{settings} {result}", file=sys.stderr, flush=True)
    return name


def directory_of(asked: argparse.Namespace, name: str, links: Path) -> Path:
    """Return the directory of the base, with the chat template that was asked for."""
    bases = builtin_bases()
    if asked.base in bases:
        return bases[asked.base].directory
    source = Path(asked.base).resolve()
    return templated_directory(links, name, source, choose_template(source, asked.chat_template))


def write_page(page: Path, text: str) -> None:
    """Put a text between the page's marks."""
    start, end = _MARKS
    before = page.read_text(encoding="utf-8")
    pattern = f"{re.escape(start)}.*?{re.escape(end)}"
    after = re.sub(
        pattern, lambda _: f"{start}\n\n{text}\n\n{end}", before, count=1, flags=re.DOTALL
    )
    page.write_text(after, encoding="utf-8")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--base", default="understudy-mini", help="a built-in model or a transformers directory"
    )
    parser.add_argument("--name", help="what to call a directory in the results")
    parser.add_argument("--chat-template", help="for a directory: the name of a shipped template")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--arms", nargs="*", choices=ARMS, default=list(ARMS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", nargs="+", type=int, default=[3, 6, 12])
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[1, 4, 8])
    parser.add_argument("--multipliers", nargs="+", type=float, default=[0.5, 1, 2])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--results", type=Path, default=Path("learning_benchmark.jsonl"))
    parser.add_argument("--write", type=Path, metavar="DOCS", help="directory of benchmarks.md")
    return parser.parse_args()


def main() -> None:
    """Measure, and print or write the tables of all bases that are recorded."""
    asked = arguments()
    warnings.simplefilter("ignore")
    torch.set_num_threads(asked.threads)
    results = Results(asked.results)
    measure(results, asked)
    pages = [(base, task_rows(results.of(base))) for base in results.bases]
    tables = "\n\n".join(f"**{base}**\n\n{table(rows)}" for base, rows in pages)
    print(tables)
    if asked.write is not None:
        day = datetime.now(UTC).strftime("%d %B %Y").lstrip("0")
        picture = f"![Scores of the base, TRL, auto and the best of the grid]({_PLOT})"
        write_page(asked.write / "benchmarks.md", f"On {day}:\n\n{tables}\n\n{picture}")
        plot(pages, asked.write / _PLOT)


if __name__ == "__main__":
    main()
