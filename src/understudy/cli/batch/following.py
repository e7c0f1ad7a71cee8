"""Follows a batch: how many requests are answered, until it ends."""

import time
from collections.abc import Callable

from openai.types import Batch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from understudy.cli.console import out
from understudy.cli.language import named, said
from understudy.wording import together, worded

_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 5.0
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


def follow_batch(read: Callable[[], Batch]) -> Batch:
    """Show progress, and return the ended batch."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    pause, status = _FIRST_PAUSE_SECONDS, ""
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("", visible=False)
        while True:
            batch = read()
            if batch.status != status:
                status = batch.status
                bar.console.print(f"{named(status)}: {said(counts_in_words(batch))}", markup=False)
            if batch.status in _ENDED:
                return batch
            counts = batch.request_counts
            if counts is not None and counts.total:
                done = counts.completed + counts.failed
                bar.update(
                    task, description=status, completed=done, total=counts.total, visible=True
                )
            time.sleep(pause)
            pause = min(1.2 * pause, _MAX_PAUSE_SECONDS)


def counts_in_words(batch: Batch) -> str:
    """Say how many requests are answered, and how many of them with an error."""
    counts = batch.request_counts
    if counts is None or not counts.total:
        return worded("cli.batch.no_requests", "no requests yet")
    done = worded(
        "cli.of", "{part} of {whole}", part=counts.completed + counts.failed, whole=counts.total
    )
    failed = worded("cli.batch.failed", "{count} failed", count=counts.failed)
    return together((done, failed), ", ") if counts.failed else done
