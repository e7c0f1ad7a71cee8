"""Prints runs and comparisons of evals."""

import time
from collections.abc import Callable
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from understudy.cli.console import out, print_rows
from understudy.cli.evals.api import Json
from understudy.ids import criterion_name

_POLL_SECONDS = 0.5
_UNFINISHED = ("queued", "in_progress")


def follow_run(read: Callable[[], Json]) -> Json:
    """Show the progress of a run until it ends, and return the ended run."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("queued", total=None)
        while True:
            run = read()
            counts = run["result_counts"]
            done = counts["passed"] + counts["failed"] + counts["errored"]
            description = str(run["status"]).replace("_", " ")
            progress.update(task, completed=done, total=counts["total"], description=description)
            if run["status"] not in _UNFINISHED:
                return run
            time.sleep(_POLL_SECONDS)


def print_run(run: Json) -> None:
    """Print the results of a run."""
    counts = run["result_counts"]
    rows = [
        ("id", run["id"]),
        ("eval", run["eval_id"]),
        ("name", run["name"]),
        ("model", run["model"] or "-"),
        ("status", run["status"]),
        ("passed", f"{counts['passed']} of {counts['total']}"),
        ("failed", str(counts["failed"])),
        ("errored", str(counts["errored"])),
    ]
    for result in run["per_testing_criteria_results"]:
        graded = result["passed"] + result["failed"]
        name = criterion_name(result["testing_criteria"])
        rows.append((name, f"{result['passed']} of {graded}"))
    rows.append(("dashboard", run["report_url"]))
    if run["error"] is not None:
        rows.append(("error", run["error"]["message"]))
    print_rows(("", ""), rows, empty="")


def print_comparison(found: Json) -> None:
    """Print the pass rates, the test results and the verdict."""
    overall = found["overall"]
    flips = overall["flips"]
    rows = [("all criteria", *_change(overall))]
    rows += [
        (criterion_name(c["testing_criteria"]), *_change(c["passing"])) for c in found["criteria"]
    ]
    print_rows(("", "baseline", "candidate", "difference", "p"), rows, empty="")
    out.print()
    print_rows(
        ("", "candidate passed", "candidate failed"),
        [
            ("baseline passed", str(flips["both"]), str(flips["regressed"])),
            ("baseline failed", str(flips["improved"]), str(flips["neither"])),
        ],
        empty="",
    )
    out.print()
    out.print(found["sentence"], markup=False, soft_wrap=True, style="bold")


def _change(change: Json) -> tuple[str, str, str, str]:
    difference = f"{100 * change['difference']:+.1f}"
    if (interval := change["interval"]) is not None:
        difference += f" ({100 * interval['low']:+.1f} to {100 * interval['high']:+.1f})"
    p_value = f"{change['adjusted_p_value']:.2g}"
    return _rate(change["base"]), _rate(change["candidate"]), difference, p_value


def _rate(rate: Any) -> str:
    return f"{100 * rate['rate']:.1f} % of {rate['total']}"
