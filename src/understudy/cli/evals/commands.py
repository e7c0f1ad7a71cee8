"""`understudy evals`: create, run, watch and compare evals, and carry them elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows, problems
from understudy.cli.evals.calls import Json, find_run, get, pages, post
from understudy.cli.evals.export import json_lines, promptfoo_yaml
from understudy.cli.evals.screen import follow_run, print_comparison, print_run
from understudy.cli.evals.source import data_source, read_json
from understudy.errors import InvalidRequestError
from understudy.evals.exchange.imports import eval_request

app = typer.Typer(cls=CommandGroup, help="Evals and their runs.", no_args_is_help=True)


class ExportFormat(StrEnum):
    """What an eval is written as."""

    JSONL = "jsonl"
    PROMPTFOO = "promptfoo"


EvalId = Annotated[str, typer.Argument(help="The eval's id, such as eval_…", metavar="EVAL")]
RunId = Annotated[str, typer.Argument(help="The run's id, such as evalrun_…", metavar="RUN")]
Name = Annotated[str | None, typer.Option(help="What it is called.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Keep going until the run ends.")]


@app.command("list")
def list_evals() -> None:
    """Show the evals of the project, oldest first."""
    with api_client() as client:
        rows = [
            (each["id"], each["name"], _criteria(each), local_time(each["created_at"]))
            for each in pages(client, "/evals")
        ]
    print_rows(("id", "name", "criteria", "created"), rows, empty="No evals yet.")


@app.command()
def create(
    file: Annotated[Path, typer.Argument(help="The request as JSON, as the API takes it.")],
    name: Name = None,
) -> None:
    """Create an eval from a file that says what its data look like and how answers are judged."""
    _create(read_json(file), name)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="An eval as OpenAI's API returned it, or a grader, as JSON.")
    ],
    name: Name = None,
) -> None:
    """Create an eval from one that OpenAI returned, from our own export, or from a grader alone."""
    _create(read_json(file), name)


@app.command()
def run(
    eval_id: EvalId,
    data: Annotated[Path, typer.Argument(help='Rows, one {"item": …} a line.')],
    model: Annotated[str | None, typer.Option(help="The model to ask, base or tuned.")] = None,
    prompt: Annotated[
        str | None, typer.Option(help="What it is asked, such as '{{ item.question }}'.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="What it is told before.")] = None,
    messages: Annotated[
        str | None, typer.Option(help="The conversation of each row, such as item.input.")
    ] = None,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="0 repeats itself.")] = 0.0,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Of one answer.")] = None,
    name: Name = None,
    watch: Watch = False,
) -> None:
    """Run an eval over a file: ask a model, or grade the answers that the rows bring."""
    with api_client() as client:
        source = data_source(
            client,
            data,
            model=model,
            prompt=prompt,
            system=system,
            messages=messages,
            temperature=temperature,
            max_tokens=max_tokens,
        )
        body = {"data_source": source} | ({} if name is None else {"name": name})
        made = post(client, f"/evals/{eval_id}/runs", body)
        out.print(made["id"])
        if watch:
            _show_end(follow_run(lambda: find_run(client, made["id"])))


@app.command()
def runs(eval_id: EvalId) -> None:
    """Show the runs of an eval, oldest first."""
    with api_client() as client:
        rows = [
            (each["id"], each["status"], each["model"] or "-", _passed(each), each["name"])
            for each in pages(client, f"/evals/{eval_id}/runs")
        ]
    print_rows(("id", "status", "model", "passed", "name"), rows, empty="No runs yet.")


@app.command()
def watch(run_id: RunId) -> None:
    """Follow a run to its end."""
    with api_client() as client:
        _show_end(follow_run(lambda: find_run(client, run_id)))


@app.command()
def cancel(run_id: RunId) -> None:
    """Stop a run; the items that are done stay."""
    with api_client() as client:
        found = find_run(client, run_id)
        ended = post(client, f"/evals/{found['eval_id']}/runs/{run_id}/cancel")
    out.print(f"{ended['id']} is {ended['status']}.")


@app.command()
def compare(
    base: Annotated[str, typer.Argument(help="The run before.", metavar="BASE")],
    tuned: Annotated[str, typer.Argument(help="The run after.", metavar="TUNED")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say whether the second run is better than the first, and how sure that is."""
    with api_client() as client:
        eval_id = find_run(client, base)["eval_id"]
        if find_run(client, tuned)["eval_id"] != eval_id:
            raise InvalidRequestError(
                "The two runs are of different evals, so they were judged by different rules."
            )
        found = get(client, f"/x/evals/{eval_id}/compare", base=base, candidate=tuned)
    if as_json:
        out.print_json(data=found)
    else:
        print_comparison(found)


@app.command()
def export(
    eval_id: EvalId,
    format: Annotated[ExportFormat, typer.Option(help="What to write.")] = ExportFormat.JSONL,
    run_id: Annotated[
        str | None, typer.Option("--run", help="For promptfoo: whose rows and prompt.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to; the screen unless given.")
    ] = None,
) -> None:
    """Write an eval with its runs as JSON lines, or as a configuration of promptfoo (YAML)."""
    with api_client() as client:
        if format is ExportFormat.PROMPTFOO:
            text, made = promptfoo_yaml(client, eval_id, run_id)
            for left_out in made.left_out:
                problems.print(f"Left out: {left_out}", markup=False, soft_wrap=True)
        else:
            text = "".join(f"{line}\n" for line in json_lines(client, eval_id))
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8")


@app.command()
def delete(eval_id: EvalId) -> None:
    """Delete an eval with all of its runs."""
    with api_client() as client:
        client.evals.delete(eval_id)
    out.print(f"{eval_id} is deleted.")


def _create(value: object, name: str | None) -> None:
    request = eval_request(value, name=name)
    with api_client() as client:
        out.print(post(client, "/evals", request)["id"])


def _show_end(ended: Json) -> None:
    print_run(ended)
    if ended["status"] != "completed":
        raise typer.Exit(1)


def _criteria(each: Json) -> str:
    return ", ".join(criterion["name"] for criterion in each["testing_criteria"])


def _passed(each: Json) -> str:
    counts = each["result_counts"]
    return f"{counts['passed']} of {counts['total']}"
