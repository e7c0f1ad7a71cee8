"""`understudy demo`: fine-tunes a model through the API and compares it with its base model."""

import os
import shlex
import shutil
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from openai import APIError, OpenAI, omit
from rich.cells import set_cell_size

from understudy.cli.console import out
from understudy.cli.demo.choice import Demonstration, choose_demonstration
from understudy.cli.demo.completions import complete_all
from understudy.cli.demo.real_base import REAL_BASE
from understudy.cli.demo.scores import score
from understudy.cli.demo.server import DemoServer, running_server, temporary_home
from understudy.cli.demo.tables import print_samples, print_scores
from understudy.cli.demo.tasks import DemoTask, count_lines
from understudy.cli.demo.training import DemoJobError, watch_job
from understudy.cli.language import named, said
from understudy.registry.catalogue import DEFAULT_BASE
from understudy.wording import worded

_NAME_WIDTH = 16
_EVALUATING = worded("cli.demo.evaluating", "evaluating both models on the held-out examples")


def demo(
    model: Annotated[
        str | None,
        typer.Option(
            help=f"Base model to fine-tune, such as {DEFAULT_BASE}. "
            f"Default: {REAL_BASE}, where it can be had."
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", envvar="KEEP", help="Keep the server running until Ctrl-C, and keep its home."
        ),
    ] = False,
) -> None:
    """Fine-tune a model on this machine and compare it with its base model.

    A real model with 135M parameters learns to call functions; it is downloaded the first time.
    A small one, which ships with this package, learns two tasks of its own.

    Exits with code 1 when a fine-tuned model is not better than the base model.
    """
    signal.signal(signal.SIGTERM, _exit_on_signal)
    started_at = time.monotonic()
    with temporary_home(keep=keep) as home:
        demonstration = choose_demonstration(model, home)
        starts_at = time.monotonic()
        with running_server(home) as server:
            _print_intro(server, demonstration, time.monotonic() - starts_at)
            results = [_run_task(server, demonstration.model, t) for t in demonstration.tasks]
            minutes, seconds = divmod(round(time.monotonic() - started_at), 60)
            out.rule(style="dim")
            out.print(
                worded(
                    "cli.demo.done_min_s",
                    "Done in {minutes} min {seconds} s.\n",
                    minutes=minutes,
                    seconds=seconds,
                )
            )
            if keep:
                _keep_serving(server)
        _print_next_steps(server, keep=keep)
    if not all(results):
        out.print(
            worded(
                "cli.demo.fine_tuned_model_not",
                "[red]A fine-tuned model is not better than the base model.[/]",
            )
        )
        raise typer.Exit(1)


def _run_task(server: DemoServer, model: str, task: DemoTask) -> bool:
    """Fine-tune the model on one task, print the results, and return whether it got better."""
    out.rule(f"[bold]{said(task.title)}", style="dim", align="left")
    out.print(f"  {said(task.explanation)}\n")
    try:
        with OpenAI(base_url=server.base_url, api_key=server.api_key) as client:
            tuned_model = _train(client, model, task)
            with out.status(said(_EVALUATING)):
                base_answers = complete_all(client, model, task.held_out)
                tuned_answers = complete_all(client, tuned_model, task.held_out)
    except APIError as error:
        raise DemoJobError(
            worded(
                "cli.demo.server_refused_request",
                "The server refused a request: {message}",
                message=error.message,
            )
        ) from error
    base, tuned = score(base_answers, task.held_out), score(tuned_answers, task.held_out)
    out.print()
    print_scores(task.measure, model, base, tuned)
    out.print()
    print_samples(task.held_out, base_answers, tuned_answers)
    return tuned.right.passed > base.right.passed


def _train(client: OpenAI, model: str, task: DemoTask) -> str:
    """Upload the files, run a job on them and return the fine-tuned model's name."""
    training = _uploaded(client, "training file", task.training_path)
    validation = omit
    if task.is_validated:
        validation = _uploaded(client, "validation file", task.held_out_path)
    out.print(f"  [dim]{_column('epochs')}[/] {task.epochs}")
    job = client.fine_tuning.jobs.create(
        model=model,
        training_file=training,
        validation_file=validation,
        suffix=task.suffix,
        seed=1,
        method={
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": task.epochs}},
        },
    )
    out.print()
    finished = watch_job(client, job.id)
    assert finished.fine_tuned_model is not None
    out.print(
        worded(
            "cli.demo.fine_tuned_model",
            "\n  [dim]fine-tuned model[/] {fine_tuned_model}",
            fine_tuned_model=finished.fine_tuned_model,
        ),
        soft_wrap=True,
    )
    return finished.fine_tuned_model


def _uploaded(client: OpenAI, words: str, path: Path) -> str:
    """Upload a file and return its ID."""
    file = client.files.create(file=path, purpose="fine-tune")
    examples = count_lines(path)
    shown = worded(
        "cli.demo.examples", "{name}, {examples} examples", name=file.filename, examples=examples
    )
    out.print(f"  [dim]{_column(words)}[/] {said(shown)}")
    return file.id


def _column(name: str) -> str:
    return set_cell_size(named(name), _NAME_WIDTH)


def _print_intro(server: DemoServer, demonstration: Demonstration, seconds: float) -> None:
    out.print(
        worded(
            "cli.demo.understudy_demo_fine_tune",
            "[bold]Understudy demo[/]: fine-tune a model and compare it with its base.\n",
        )
    )
    ready = worded(
        "cli.demo.ready",
        "{address}, ready after {seconds:.1f} s",
        address=server.base_url,
        seconds=seconds,
    )
    out.print(f"  [dim]{_column('server')}[/] {said(ready)}")
    out.print(f"  [dim]{_column('home')}[/] {server.home}", soft_wrap=True)
    out.print(f"  [dim]{_column('base model')}[/] {demonstration.model}")
    out.print(
        worded(
            "cli.demo.all_steps_below_use",
            "\nAll steps below use the `openai` package and its API.\n",
        )
    )


def _keep_serving(server: DemoServer) -> None:
    """Print the dashboard's address, and serve until Ctrl-C."""
    # Browsers do not send what follows `#`; the page reads the key and removes it from the address.
    address = f"{server.base_url.removesuffix('/v1')}/fine-tuning#key={server.api_key}"
    out.print(
        worded(
            "cli.demo.open_demo_dashboard_press",
            "[bold]Open the demo in the dashboard[/] [dim](press Ctrl-C to stop the server)[/]",
        )
    )
    out.print(f"  {address}\n", markup=False, soft_wrap=True)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    out.print()


def _print_next_steps(server: DemoServer, *, keep: bool) -> None:
    command = _command()
    out.print(
        worded(
            "cli.demo.next_steps",
            "[bold]Next steps[/]",
        )
    )
    if keep:
        out.print(
            worded(
                "cli.demo.serve_these_models_again",
                "  Serve these models again:",
            )
        )
        out.print(f"    {command} serve --home {shlex.quote(str(server.home))}", soft_wrap=True)
        out.print(f"    export OPENAI_API_KEY={server.api_key}", soft_wrap=True)
    else:
        out.print(
            worded(
                "cli.demo.start_your_own_server",
                "  Start your own server and paste the two export lines that it prints:",
            )
        )
        out.print(f"    {command} serve", soft_wrap=True)
        out.print(
            worded(
                "cli.demo.keep_demo_server_running",
                "  Or keep the demo's server running, to see its jobs in the dashboard:",
            )
        )
        out.print(f"    {command} demo --keep", soft_wrap=True)
    out.print(
        worded(
            "cli.demo.fine_tune_your_own",
            "  Fine-tune on your own file, at least 10 examples in OpenAI's chat format:",
        )
    )
    out.print(f"    {command} jobs create my_file.jsonl --follow", soft_wrap=True)
    out.print(
        worded(
            "cli.demo.code_uses_openai_package",
            "  Code that uses the `openai` package works with your server unchanged.",
        )
    )


def _command() -> str:
    """Return the command that runs this program from the current directory."""
    if shutil.which("understudy"):
        return "understudy"
    beside = Path(sys.executable).with_name("understudy")
    if not beside.exists():
        return f"{shlex.quote(sys.executable)} -m understudy"
    relative = os.path.relpath(beside)
    return shlex.quote(str(beside) if relative.startswith("..") else relative)


def _exit_on_signal(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)
