"""`understudy jobs`: create, follow, pause, resume and cancel fine-tuning jobs."""

import json
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from openai import OpenAI, omit
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.fine_tuning_job import Method

from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows
from understudy.cli.evals.report_card import job_report, print_report_card, remake_report
from understudy.cli.grader_file import read_grader
from understudy.cli.job_events import follow_events
from understudy.cli.language import said_with, wording_in
from understudy.cli.method_options import (
    Beta,
    ComputeMultiplier,
    Effort,
    EvalInterval,
    EvalSamples,
    FormatFile,
    GraderFile,
    JobMethod,
    MaxCompletionTokens,
    MethodName,
    Preflight,
    SafetyMix,
    ShadowFile,
    SplitTurns,
    hyperparameters,
    method_request,
)
from understudy.cli.screening import screening
from understudy.registry.catalogue import DEFAULT_BASE
from understudy.wording import worded

app = typer.Typer(
    cls=CommandGroup, help="Create and manage fine-tuning jobs.", no_args_is_help=True
)

app.command()(screening)

_LOSS = "full_valid_loss"
_REWARD = "full_valid_mean_reward"
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
        ("id", "status", "base model", "fine-tuned model", "created"),
        rows,
        empty=worded("cli.jobs.none", "No jobs yet."),
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
    method: MethodName = JobMethod.SUPERVISED,
    beta: Beta = None,
    grader: GraderFile = None,
    shadow_grader: ShadowFile = None,
    response_format: FormatFile = None,
    compute_multiplier: ComputeMultiplier = None,
    eval_interval: EvalInterval = None,
    eval_samples: EvalSamples = None,
    reasoning_effort: Effort = None,
    max_completion_tokens: MaxCompletionTokens = None,
    preflight: Preflight = True,
    split_turns: SplitTurns = None,
    safety_mix: SafetyMix = None,
    follow: Follow = False,
) -> None:
    """Create a job; local files are uploaded first."""
    request = method_request(
        method,
        hyperparameters(
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate_multiplier=learning_rate_multiplier,
        ),
        beta=beta,
        grader=grader,
        shadow_grader=shadow_grader,
        response_format=response_format,
        graded=hyperparameters(
            compute_multiplier=compute_multiplier,
            eval_interval=eval_interval,
            eval_samples=eval_samples,
            reasoning_effort=reasoning_effort,
            max_completion_tokens=max_completion_tokens,
        ),
        preflight=preflight,
        split_turns=split_turns,
        safety_mix=safety_mix,
    )
    with api_client() as client:
        job = client.fine_tuning.jobs.create(
            model=model,
            training_file=_file_id(client, training_file),
            validation_file=_file_id(client, validation_file) if validation_file else omit,
            suffix=suffix if suffix is not None else omit,
            seed=seed if seed is not None else omit,
            method=cast("Any", request),
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
        found = client.fine_tuning.jobs.checkpoints.list(job_id).data
    shown = [(one, cast("dict[str, float]", one.metrics.to_dict())) for one in found]
    is_rewarded = any(_REWARD in metrics for _, metrics in shown)
    train, valid = ("train_mean_reward", _REWARD) if is_rewarded else ("train_loss", _LOSS)
    rows = [
        (
            str(one.step_number),
            one.fine_tuned_model_checkpoint,
            _number(metrics.get(train)),
            _number(metrics.get(valid)),
        )
        for one, metrics in shown
    ]
    what = "reward" if is_rewarded else "loss"
    print_rows(
        ("step", "checkpoint", f"training {what}", f"validation {what}"),
        rows,
        empty=worded("cli.jobs.no_checkpoints", "No checkpoints yet."),
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
    out.print(
        worded(
            "cli.state",
            "{id} is {status}.",
            id=job.id,
            status=job.status,
        )
    )


@app.command()
def pause(job_id: JobId) -> None:
    """Pause a job; it saves its progress until it is resumed."""
    with api_client() as client:
        job = client.fine_tuning.jobs.pause(job_id)
    if job.status == "running":
        out.print(
            worded(
                "cli.jobs.will_pause",
                "{id} is running and pauses as soon as its state is saved.",
                id=job.id,
            )
        )
    else:
        out.print(worded("cli.state", "{id} is {status}.", id=job.id, status=job.status))


@app.command()
def resume(job_id: JobId) -> None:
    """Resume a paused job where it stopped."""
    with api_client() as client:
        job = client.fine_tuning.jobs.resume(job_id)
    out.print(
        worded(
            "cli.state",
            "{id} is {status}.",
            id=job.id,
            status=job.status,
        )
    )


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
    message = said_with(event.message, wording_in(event))
    out.print(message, style=color, markup=False, soft_wrap=True)


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
    if job.method is not None and job.method.type != "supervised":
        facts[9:9] = _of_method(job.method)
        facts.insert(2, ("method", job.method.type))
    if job.method is not None and getattr(job.method.supervised, "split_turns", False):
        facts.insert(9, ("rewritten conversations", worded("cli.jobs.split", "split by answer")))
    mix = None if job.method is None else getattr(job.method.supervised, "safety_mix", None)
    if mix is not None:
        facts.insert(9, ("safe demonstrations mixed in", f"{mix:g}"))
    if job.error is not None and job.error.message:
        facts.append(("error", said_with(job.error.message, wording_in(job.error))))
    return facts


def _of_method(method: Method) -> list[tuple[str, str]]:
    """Return the hyperparameters that only its method has."""
    settings = cast("dict[str, Any]", method.to_dict(warnings=False)[method.type])
    common = {"n_epochs", "batch_size", "learning_rate_multiplier"}
    own = {name: value for name, value in settings["hyperparameters"].items() if name not in common}
    return [(name.replace("_", " "), str(value)) for name, value in own.items()]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
