"""`understudy jobs`: create, follow, pause, resume and cancel fine-tuning jobs."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

import typer
from openai import OpenAI, omit
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows
from understudy.cli.evals.report_card import job_report, print_report_card, remake_report
from understudy.cli.grader_file import read_grader
from understudy.cli.job_events import follow_events
from understudy.registry.catalogue import DEFAULT_BASE

app = typer.Typer(
    cls=CommandGroup, help="Create and manage fine-tuning jobs.", no_args_is_help=True
)

_N = TypeVar("_N", int, float)


class JobMethod(StrEnum):
    """How a job learns."""

    SUPERVISED = "supervised"
    DPO = "dpo"


JobId = Annotated[str, typer.Argument(help="Job ID, such as ftjob-…", metavar="JOB_ID")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Print events until the job ends.")]


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, help="Number of jobs, newest first.")] = 20,
) -> None:
    """List the latest jobs of the project."""
    with api_client() as client:
        rows = [
            (job.id, job.status, job.model, job.fine_tuned_model or "-", local_time(job.created_at))
            for job in client.fine_tuning.jobs.list(limit=limit).data
        ]
    print_rows(
        ("id", "status", "base model", "fine-tuned model", "created"), rows, empty="No jobs yet."
    )


@app.command()
def create(
    training_file: Annotated[str, typer.Argument(help="Path of a local file, or a file ID.")],
    model: Annotated[
        str, typer.Option(help="Base model or fine-tuned model to train.")
    ] = DEFAULT_BASE,
    validation_file: Annotated[
        str | None, typer.Option(help="Path of a local file, or a file ID.")
    ] = None,
    suffix: Annotated[
        str | None, typer.Option(help="Added to the fine-tuned model's name.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Random seed; the same seed reproduces the model.")
    ] = None,
    n_epochs: Annotated[int | None, typer.Option(help="Epochs; auto if omitted.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Examples per step; auto if omitted.")
    ] = None,
    learning_rate_multiplier: Annotated[
        float | None, typer.Option(help="Scales the learning rate; auto if omitted.")
    ] = None,
    method: Annotated[
        JobMethod, typer.Option(help="supervised, or dpo for pairs of answers.")
    ] = JobMethod.SUPERVISED,
    beta: Annotated[
        float | None,
        typer.Option(help="How closely dpo holds the model to where it started; auto if omitted."),
    ] = None,
    split_turns: Annotated[
        bool | None,
        typer.Option(
            "--split-turns/--whole",
            help="Split examples that the chat template rewrites; by default as the base is set.",
        ),
    ] = None,
    follow: Follow = False,
) -> None:
    """Create a job; local files are uploaded first."""
    if beta is not None and method is not JobMethod.DPO:
        raise typer.BadParameter("--beta goes with --method dpo.")
    if split_turns is not None and method is not JobMethod.SUPERVISED:
        raise typer.BadParameter("--split-turns and --whole go with --method supervised.")
    hyperparameters: dict[str, Any] = {
        "n_epochs": _or_auto(n_epochs),
        "batch_size": _or_auto(batch_size),
        "learning_rate_multiplier": _or_auto(learning_rate_multiplier),
    }
    if method is JobMethod.DPO:
        hyperparameters["beta"] = _or_auto(beta)
    settings: dict[str, Any] = {"hyperparameters": hyperparameters}
    if split_turns is not None:
        settings["split_turns"] = split_turns
    with api_client() as client:
        job = client.fine_tuning.jobs.create(
            model=model,
            training_file=_file_id(client, training_file),
            validation_file=_file_id(client, validation_file) if validation_file else omit,
            suffix=suffix if suffix is not None else omit,
            seed=seed if seed is not None else omit,
            method=cast("Any", {"type": method, method: settings}),
        )
        out.print(job.id)
        if follow:
            _follow(client, job.id)


@app.command()
def show(job_id: JobId) -> None:
    """Show one job."""
    with api_client() as client:
        job = client.fine_tuning.jobs.retrieve(job_id)
    print_rows(("", ""), _facts(job), empty="")


@app.command()
def events(job_id: JobId, follow: Follow = False) -> None:
    """Show the events of a job, oldest first."""
    with api_client() as client:
        if follow:
            _follow(client, job_id)
            return
        for event in reversed(list(client.fine_tuning.jobs.list_events(job_id, limit=100))):
            _print_event(event)


@app.command()
def checkpoints(job_id: JobId) -> None:
    """List the checkpoints of a job; each can be used as a model."""
    with api_client() as client:
        rows = [
            (
                str(checkpoint.step_number),
                checkpoint.fine_tuned_model_checkpoint,
                _number(checkpoint.metrics.train_loss),
                _number(checkpoint.metrics.full_valid_loss),
            )
            for checkpoint in client.fine_tuning.jobs.checkpoints.list(job_id)
        ]
    print_rows(
        ("step", "checkpoint", "training loss", "validation loss"),
        rows,
        empty="No checkpoints yet.",
    )


@app.command()
def report(
    job_id: JobId,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report card as JSON.")] = False,
    grader: Annotated[
        Path | None,
        typer.Option(
            help="JSON file of a grader: make the report card of a DPO job again, judged by it.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Show the report card of a job: the fine-tuned model compared with its base model."""
    with api_client() as client:
        if grader is None:
            found = job_report(client, job_id)
        else:
            found = remake_report(client, job_id, read_grader(grader))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print_report_card(found)


@app.command()
def cancel(job_id: JobId) -> None:
    """Cancel a job; its checkpoints stay usable."""
    with api_client() as client:
        job = client.fine_tuning.jobs.cancel(job_id)
    out.print(f"{job.id} is {job.status}.")


@app.command()
def pause(job_id: JobId) -> None:
    """Pause a job; it saves its progress until it is resumed."""
    with api_client() as client:
        job = client.fine_tuning.jobs.pause(job_id)
    note = " and pauses as soon as its state is saved" if job.status == "running" else ""
    out.print(f"{job.id} is {job.status}{note}.")


@app.command()
def resume(job_id: JobId) -> None:
    """Resume a paused job where it stopped."""
    with api_client() as client:
        job = client.fine_tuning.jobs.resume(job_id)
    out.print(f"{job.id} is {job.status}.")


def _file_id(client: OpenAI, file: str) -> str:
    path = Path(file)
    if not path.is_file():
        return file
    return client.files.create(file=path, purpose="fine-tune").id


def _follow(client: OpenAI, job_id: str) -> None:
    for event in follow_events(client, job_id):
        _print_event(event)
    job = client.fine_tuning.jobs.retrieve(job_id)
    if job.status != "succeeded":
        raise typer.Exit(1)


def _print_event(event: FineTuningJobEvent) -> None:
    color = {"warn": "yellow", "error": "red"}.get(event.level)
    out.print(f"[dim]{local_time(event.created_at)}[/] ", end="")
    out.print(event.message, style=color, markup=False, soft_wrap=True)


def _facts(job: FineTuningJob) -> list[tuple[str, str]]:
    parameters = job.hyperparameters
    facts = [
        ("id", job.id),
        ("status", job.status),
        ("base model", job.model),
        ("fine-tuned model", job.fine_tuned_model or "-"),
        ("training file", job.training_file),
        ("validation file", job.validation_file or "-"),
        ("epochs", str(parameters.n_epochs)),
        ("batch size", str(parameters.batch_size)),
        ("learning rate multiplier", str(parameters.learning_rate_multiplier)),
        ("seed", str(job.seed)),
        ("trained tokens", f"{job.trained_tokens:,}" if job.trained_tokens else "-"),
        ("created", local_time(job.created_at)),
        ("finished", local_time(job.finished_at)),
    ]
    if job.method is not None and job.method.dpo is not None and job.method.dpo.hyperparameters:
        facts.insert(2, ("method", "dpo"))
        facts.insert(9, ("beta", str(job.method.dpo.hyperparameters.beta)))
    if job.method is not None and getattr(job.method.supervised, "split_turns", False):
        facts.insert(9, ("rewritten conversations", "split by answer"))
    if job.error is not None and job.error.message:
        facts.append(("error", job.error.message))
    return facts


def _or_auto(value: _N | None) -> _N | Literal["auto"]:
    return "auto" if value is None else value


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
