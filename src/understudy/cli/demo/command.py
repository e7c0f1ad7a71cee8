"""`understudy demo`: a small model learns two tasks through the API and is put to the test."""

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
from openai import APIError, OpenAI

from understudy.cli.console import out
from understudy.cli.demo.questions import ask_all
from understudy.cli.demo.scores import score
from understudy.cli.demo.screen import print_samples, print_scores
from understudy.cli.demo.server import DemoServer, running_server, temporary_home
from understudy.cli.demo.tasks import DemoTask, count_lines, demo_tasks, read_questions
from understudy.cli.demo.training import DemoJobError, watch_job
from understudy.registry.catalogue import DEFAULT_BASE


def demo(
    model: Annotated[str, typer.Option(help="The base model to tune.")] = DEFAULT_BASE,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", envvar="KEEP", help="Go on serving at the end, until Ctrl-C; keep the home."
        ),
    ] = False,
) -> None:
    """Train two small models on this machine and compare them with their base.

    Ends with exit code 1 when a tuned model is not better than its base.
    """
    signal.signal(signal.SIGTERM, _end_in_order)
    started_at = time.monotonic()
    with temporary_home(keep=keep) as home:
        with running_server(home) as server:
            _introduce(server, model, time.monotonic() - started_at)
            results = [_teach(server, model, task) for task in demo_tasks()]
            minutes, seconds = divmod(round(time.monotonic() - started_at), 60)
            out.rule(style="dim")
            out.print(f"Done in {minutes} min {seconds} s.\n")
            if keep:
                _stay_open(server)
        _say_how_to_go_on(server, keep=keep)
    if not all(results):
        out.print("[red]A tuned model is not better than its base.[/]")
        raise typer.Exit(1)


def _teach(server: DemoServer, model: str, task: DemoTask) -> bool:
    """Tune the model on one task, show how it went, and return whether it got better."""
    out.rule(f"[bold]{task.title}", style="dim", align="left")
    out.print(f"  {task.explanation}\n")
    try:
        with OpenAI(base_url=server.base_url, api_key=server.api_key) as client:
            tuned_model = _train(client, model, task)
            questions = read_questions(task.held_out_path)
            with out.status("asking both models the held-out questions"):
                base_answers = ask_all(client, model, questions)
                tuned_answers = ask_all(client, tuned_model, questions)
    except APIError as error:
        raise DemoJobError(f"The server refused: {error.message}") from error
    expected = [question.expected for question in questions]
    base, tuned = score(base_answers, expected), score(tuned_answers, expected)
    out.print()
    print_scores(model, base, tuned)
    out.print()
    print_samples(questions, base_answers, tuned_answers)
    return tuned.exact.right > base.exact.right


def _train(client: OpenAI, model: str, task: DemoTask) -> str:
    """Upload both files, run a job on them and return the tuned model's name."""
    training = client.files.create(file=task.training_path, purpose="fine-tune")
    held_out = client.files.create(file=task.held_out_path, purpose="fine-tune")
    for name, file, path in (
        ("training file", training, task.training_path),
        ("held-out file", held_out, task.held_out_path),
    ):
        out.print(f"  [dim]{name}[/]  {file.filename}, {count_lines(path)} examples")
    out.print(f"  [dim]epochs[/]         {task.epochs}")
    job = client.fine_tuning.jobs.create(
        model=model,
        training_file=training.id,
        validation_file=held_out.id,
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
    out.print(f"\n  [dim]tuned model[/]    {finished.fine_tuned_model}", soft_wrap=True)
    return finished.fine_tuned_model


def _introduce(server: DemoServer, model: str, seconds: float) -> None:
    out.print("[bold]Understudy[/]: a small model learns the role by watching.\n")
    out.print(f"  [dim]server[/]         {server.base_url}, ready after {seconds:.1f} s")
    out.print(f"  [dim]its home[/]       {server.home}", soft_wrap=True)
    out.print(f"  [dim]base model[/]     {model}")
    out.print("\nEverything below goes through the `openai` package and its API.\n")


def _stay_open(server: DemoServer) -> None:
    """Show where to look at what was done, and serve until Ctrl-C."""
    # Behind the `#`, the key is sent to nobody; the page takes it and wipes it from the address.
    address = f"{server.base_url.removesuffix('/v1')}/fine-tuning#key={server.api_key}"
    out.print("[bold]See both jobs in the dashboard[/] [dim](Ctrl-C ends the server)[/]")
    out.print(f"  {address}\n", markup=False, soft_wrap=True)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    out.print()


def _say_how_to_go_on(server: DemoServer, *, keep: bool) -> None:
    command = _command()
    out.print("[bold]Keep going[/]")
    if keep:
        out.print("  Serve what was trained here again:")
        out.print(f"    {command} serve --home {shlex.quote(str(server.home))}", soft_wrap=True)
        out.print(f"    export OPENAI_API_KEY={server.api_key}", soft_wrap=True)
    else:
        out.print("  Start a server of your own and paste the two export lines that it prints:")
        out.print(f"    {command} serve", soft_wrap=True)
        out.print("  To look at jobs like these in a browser, keep the demo's server running:")
        out.print(f"    {command} demo --keep", soft_wrap=True)
    out.print("  Then train on your own file, ten lines or more in OpenAI's chat format:")
    out.print(f"    {command} jobs create my_file.jsonl --follow", soft_wrap=True)
    out.print("  Code that uses the `openai` package now talks to your server, unchanged.")


def _command() -> str:
    """Return what to type to run this program from here."""
    if shutil.which("understudy"):
        return "understudy"
    beside = Path(sys.executable).with_name("understudy")
    if not beside.exists():
        return f"{shlex.quote(sys.executable)} -m understudy"
    relative = os.path.relpath(beside)
    return shlex.quote(str(beside) if relative.startswith("..") else relative)


def _end_in_order(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)
