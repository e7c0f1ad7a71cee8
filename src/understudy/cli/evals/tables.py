"""Prints runs and comparisons of evals."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from understudy.cli.console import out, print_rows
from understudy.cli.evals.api import Json
from understudy.cli.language import named
from understudy.ids import criterion_name
from understudy.wording import worded

_POLL_SECONDS = 0.5
_UNFINISHED = ("queued", "in_progress")


def follow_run(read: Callable[[], Json], console: Console = out) -> Json:
    """Show the progress of a run on `console` until it ends, and return the ended run."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(named("queued"), total=None)
        while True:
            run = read()
            counts = run["result_counts"]
            done = counts["passed"] + counts["failed"] + counts["errored"]
            description = named(str(run["status"]).replace("_", " "))
            progress.update(task, completed=done, total=counts["total"], description=description)
            if run["status"] not in _UNFINISHED:
                return run
            time.sleep(_POLL_SECONDS)


def print_run(run: Json, owner: Json) -> None:
    """Print the results of a run of the eval `owner`."""
    counts = run["result_counts"]
    rows = [
        ("id", run["id"]),
        ("eval", run["eval_id"]),
        ("name", run["name"]),
        ("model", run["model"] or "-"),
        ("status", named(run["status"])),
        ("passed", _of(counts["passed"], counts["total"])),
        ("failed", str(counts["failed"])),
        ("errored", str(counts["errored"])),
    ]
    for result in run["per_testing_criteria_results"]:
        graded = result["passed"] + result["failed"]
        name = criterion_name(result["testing_criteria"])
        rows.append((name, _of(result["passed"], graded)))
    judged = {result["testing_criteria"] for result in run["per_testing_criteria_results"]}
    for criterion in owner["testing_criteria"]:
        if "switched_off" in criterion and criterion["id"] not in judged:
            rows.append((criterion["name"], worded("cli.evals.off", "switched off")))
    if run["imported"] is not None:
        rows.append(("imported", _origin(run["imported"])))
    rows.append(("dashboard", run["report_url"]))
    if run["error"] is not None:
        rows.append(("error", run["error"]["message"]))
    print_rows(("", ""), rows, empty="")


def _of(part: int, whole: int) -> str:
    return worded("cli.of", "{part} of {whole}", part=part, whole=whole)


def _origin(imported: Json) -> str:
    place = ", ".join(part for part in (imported["source"], imported["file"]) if part)
    return f"{imported['id'] or 'a run'} ({place})"
