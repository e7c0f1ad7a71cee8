"""Shows the addition of a base: a progress bar while it runs, and what was added at the end."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from understudy.bases.adding import BasesHome, NewBase, PreparedBase, prepare_base
from understudy.bases.convert import Conversion
from understudy.bases.progress import Phase, Report
from understudy.bases.progress import Progress as Step
from understudy.cli.console import out
from understudy.cli.language import said
from understudy.registry.tuning import TrainedWeights, Tuning, tuning_in_words
from understudy.wording import Sentence, worded

_WORDS = {
    Phase.DOWNLOADING: worded("cli.models.downloading", "Downloading"),
    Phase.CONVERTING: worded("cli.models.unpacking", "Unpacking"),
    Phase.COPYING: worded("cli.models.copying", "Copying"),
    Phase.CHECKING: worded("cli.models.checking", "Checking"),
}


def prepare_showing(new: NewBase, home: BasesHome) -> PreparedBase:
    """Prepare a base; each phase is a line, with a bar on a terminal."""
    with shown_progress() as show:
        return prepare_base(new, home, show)


@contextmanager
def shown_progress() -> Generator[Report]:
    """Yield what shows the progress of an addition while it runs."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        shown: tuple[Phase, str] | None = None
        task = bar.add_task("", visible=False)

        def show(step: Step) -> None:
            nonlocal shown
            if shown != (step.phase, step.source):
                shown = (step.phase, step.source)
                bar.console.print(f"{said(_WORDS[step.phase])} {step.source} …", markup=False)
                bar.reset(task, description=said(_WORDS[step.phase]), total=step.total_bytes)
            bar.update(
                task,
                completed=step.done_bytes,
                total=step.total_bytes,
                visible=step.total_bytes is not None,
            )

        yield show


def show_added(name: str, prepared: PreparedBase, tuning: Tuning) -> None:
    """Print what was added, and what it can do."""
    facts = prepared.facts
    out.print(
        worded(
            "cli.models.added",
            "Added {name}.",
            name=name,
        ),
        markup=False,
        style="bold green",
    )
    out.print(
        worded(
            "cli.models.parameters_mb_context_length",
            "  {architecture}, {parameter_count} parameters, {weight_bytes:,.0f} MB, "
            "context length {context_length:,} tokens",
            architecture=facts.architecture,
            parameter_count=count_in_words(facts.parameter_count),
            weight_bytes=facts.weight_bytes / 1000000.0,
            context_length=facts.context_length,
        ),
        markup=False,
    )
    if prepared.conversion is not None:
        out.print(f"  {said(conversion_in_words(prepared.conversion))}", markup=False)
    if prepared.note is not None:
        out.print(f"  {said(prepared.note)}", markup=False)
    out.print(
        worded(
            "cli.models.directory",
            "  directory: {directory}",
            directory=prepared.directory,
        ),
        markup=False,
        soft_wrap=True,
    )
    out.print(
        worded(
            "cli.models.training",
            "  training: {tuning}",
            tuning=tuning_in_words(tuning),
        ),
        markup=False,
    )
    if prepared.left_out is not None and tuning.trained is TrainedWeights.LORA:
        out.print(f"  {said(prepared.left_out)}", markup=False, soft_wrap=True)


def conversion_in_words(conversion: Conversion) -> Sentence:
    """Say what a GGUF file became, with its sizes."""
    return worded(
        "cli.models.unpacked",
        "unpacked from {format} ({file_bytes:,} bytes) to {dtype} ({weight_bytes:,} bytes)",
        format=conversion.format,
        file_bytes=conversion.file_bytes,
        dtype=conversion.dtype,
        weight_bytes=conversion.weight_bytes,
    )


def count_in_words(number: int) -> str:
    """Return a count as models are named by: 135M, 1.7B."""
    for unit, size in (("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)
