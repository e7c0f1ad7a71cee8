"""`understudy batch`: run a file of requests, follow, list, show and cancel batches."""

from pathlib import Path
from typing import Annotated, Any, cast

import typer
from openai import OpenAI
from openai.types import Batch

from understudy.cli.batch.following import counts_in_words, follow_batch
from understudy.cli.batch.input_file import endpoint_of
from understudy.cli.batch.results import ResultPaths, result_paths, write_results
from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows, printable, problems
from understudy.wording import worded

app = typer.Typer(cls=CommandGroup, help="Answer files of requests.", no_args_is_help=True)

BatchId = Annotated[str, typer.Argument(help="Batch ID, such as batch_…", metavar="BATCH_ID")]
_SHOWN_ERRORS = 20


@app.command()
def run(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="JSON Lines, one request each.", exists=True, dir_okay=False
        ),
    ],
    endpoint: Annotated[
        str | None,
        typer.Option(help="Such as /v1/chat/completions; that of the first request if omitted."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--out", help="File for the results; beside FILE if omitted."),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Print the ID and do not wait.")] = False,
) -> None:
    """Upload a file of requests, wait for the answers and write them beside it."""
    wanted = endpoint or endpoint_of(path)
    paths = result_paths(path, output)
    with api_client() as client:
        file = client.files.create(file=path, purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id,
            # The server decides which endpoints exist, and refuses others.
            endpoint=cast("Any", wanted),
            completion_window="24h",
        )
        out.print(batch.id)
        if not detach:
            _wait(client, batch.id, paths)


@app.command()
def follow(
    batch_id: BatchId,
    output: Annotated[Path, typer.Option("--out", help="File for the results.")],
) -> None:
    """Wait for a batch and write its results."""
    with api_client() as client:
        _wait(client, batch_id, result_paths(output, output))


@app.command("list")
def list_batches() -> None:
    """List the batches of the project, newest first."""
    with api_client() as client:
        rows = [
            (
                each.id,
                each.status,
                counts_in_words(each),
                each.model or "-",
                each.endpoint,
                local_time(each.created_at),
            )
            for each in client.batches.list(limit=100)
        ]
    columns = ("id", "status", "answered", "model", "endpoint", "created")
    print_rows(columns, rows, empty=worded("cli.batch.none", "No batches yet."))


@app.command()
def show(batch_id: BatchId) -> None:
    """Show one batch: its counts, its files, and what is wrong with its input."""
    with api_client() as client:
        _print(client.batches.retrieve(batch_id))


@app.command()
def cancel(batch_id: BatchId) -> None:
    """Cancel a batch; the answers that it has are kept."""
    with api_client() as client:
        batch = client.batches.cancel(batch_id)
    out.print(
        worded(
            "cli.state",
            "{id} is {status}.",
            id=batch.id,
            status=batch.status,
        )
    )


def _wait(client: OpenAI, batch_id: str, paths: ResultPaths) -> None:
    batch = follow_batch(lambda: client.batches.retrieve(batch_id))
    _print_errors(batch)
    for path in write_results(client, batch, paths):
        out.print(
            worded(
                "cli.batch.wrote",
                "Wrote {path}",
                path=path,
            ),
            markup=False,
            soft_wrap=True,
        )
    counts = batch.request_counts
    if batch.status != "completed" or (counts is not None and counts.failed):
        raise typer.Exit(1)


def _print(batch: Batch) -> None:
    usage = batch.usage
    facts = {
        "id": batch.id,
        "status": batch.status,
        "answered": counts_in_words(batch),
        "model": batch.model or "-",
        "endpoint": batch.endpoint,
        "tokens": "-" if usage is None else f"{usage.input_tokens} in, {usage.output_tokens} out",
        "created": local_time(batch.created_at),
        "expires": local_time(batch.expires_at),
        "input": batch.input_file_id,
        "output": batch.output_file_id or "-",
        "errors": batch.error_file_id or "-",
    }
    print_rows(("", ""), list(facts.items()), empty="")
    _print_errors(batch)


def _print_errors(batch: Batch) -> None:
    errors = (batch.errors.data if batch.errors is not None else None) or []
    for error in errors[:_SHOWN_ERRORS]:
        place = "" if error.line is None else f"line {error.line}: "
        problems.print(printable(f"{place}{error.message}"), markup=False, soft_wrap=True)
    if len(errors) > _SHOWN_ERRORS:
        problems.print(
            worded(
                "cli.batch.more",
                "… and {errors} more.",
                errors=len(errors) - _SHOWN_ERRORS,
            )
        )
