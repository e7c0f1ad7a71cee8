"""Follows a distillation: each new step on a line, until it ends."""

import time
from collections.abc import Callable

from understudy.cli.console import out
from understudy.cli.distill.tables import print_counts
from understudy.cli.evals.api import Json
from understudy.wording import worded

_POLL_SECONDS = 0.5
_UNFINISHED = ("queued", "collecting", "training", "evaluating")


def follow_distillation(read: Callable[[], Json]) -> Json:
    """Print the steps and the counts once they are there, and return the ended distillation."""
    shown: str | None = None
    has_counts = False
    while True:
        now = read()
        if now["counts"] is not None and not has_counts:
            has_counts = True
            print_counts(now["counts"])
            if now["job_id"] is not None:
                out.print(
                    worded(
                        "cli.distill.job_understudy_jobs_events",
                        "Job {job_id}: understudy jobs events -f {job_id}",
                        job_id=now["job_id"],
                    )
                )
        if now["step"] not in (None, shown):
            shown = now["step"]
            out.print(now["step"], markup=False)
        if now["status"] not in _UNFINISHED:
            return now
        time.sleep(_POLL_SECONDS)
