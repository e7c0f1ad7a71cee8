"""Shows a job while it runs: progress bar, loss curve and events."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from understudy.cli.console import out
from understudy.cli.job_events import follow_events
from understudy.cli.language import named, said_with, wording_in
from understudy.cli.loss_curve import draw_curve, smoothed
from understudy.errors import UnderstudyError
from understudy.wording import stored_sentence, worded

_CURVE_WIDTH = 60
_CURVE_HEIGHT = 7
_PLAIN_LINES = 10
_POLL_SECONDS = 0.25


class DemoJobError(UnderstudyError):
    """A job of the demo did not succeed; the text holds the job's error."""


def watch_job(client: OpenAI, job_id: str) -> FineTuningJob:
    """Show a job until it ends and return it; raises DemoJobError when it did not succeed."""
    view = _TerminalView() if out.is_terminal else _PlainView()
    with view.shown():
        for event in follow_events(client, job_id, poll_seconds=_POLL_SECONDS):
            view.take(event)
    job = client.fine_tuning.jobs.retrieve(job_id)
    if job.status != "succeeded":
        reason = stored_sentence(job.error.message, wording_in(job.error)) if job.error else "-"
        raise DemoJobError(
            worded(
                "cli.demo.job",
                "The job {job_id} is {status}: {reason}",
                job_id=job_id,
                status=job.status,
                reason=reason,
            )
        )
    _print_curve(view.losses)
    return job


class _PlainView:
    """Plain lines for a log file: events, and the loss ten times per job."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self._next_step = 0.0

    @contextmanager
    def shown(self) -> Generator[None]:
        yield

    def take(self, event: FineTuningJobEvent) -> None:
        if event.type != "metrics":
            out.print(f"  {_said(event)}", markup=False, soft_wrap=True)
            return
        step, total, loss = _measured(event)
        self.losses.append(loss)
        if step >= self._next_step or step == total:
            self._next_step += total / _PLAIN_LINES
            out.print(f"  {_said(event)}", markup=False, soft_wrap=True)


class _TerminalView:
    """A progress bar and a loss curve, redrawn after each step."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=40),
            TextColumn(f"{{task.completed:.0f}}/{{task.total:.0f}} {named('steps')}"),
            TimeElapsedColumn(),
            console=out,
        )
        self._bar = self._progress.add_task(named("waiting"), total=1)
        self._live = Live(console=out, refresh_per_second=8, transient=True)

    @contextmanager
    def shown(self) -> Generator[None]:
        with self._live:
            self._draw()
            yield

    def take(self, event: FineTuningJobEvent) -> None:
        if event.type == "metrics":
            step, total, loss = _measured(event)
            self.losses.append(loss)
            self._progress.update(
                self._bar, description=named("training"), completed=step, total=total
            )
        else:
            self._live.console.print(f"  {_said(event)}", style="dim", markup=False)
        self._draw()

    def _draw(self) -> None:
        self._live.update(Group(self._progress, Text("\n".join(_curve(self.losses)), "cyan")))


def _said(event: FineTuningJobEvent) -> str:
    return said_with(event.message, wording_in(event))


def _measured(event: FineTuningJobEvent) -> tuple[int, int, float]:
    data = cast("dict[str, float]", event.data)
    return int(data["step"]), int(data["total_steps"]), float(data["train_loss"])


def _curve(losses: list[float]) -> list[str]:
    even = smoothed(losses, window=max(1, len(losses) // 20))
    return ["  " + line for line in draw_curve(even, width=_CURVE_WIDTH, height=_CURVE_HEIGHT)]


def _print_curve(losses: list[float]) -> None:
    lines = _curve(losses)
    if lines:
        out.print(
            worded(
                "cli.demo.training_loss",
                "\n  training loss",
            ),
            style="dim",
        )
        out.print("\n".join(lines), style="cyan", markup=False, soft_wrap=True)
