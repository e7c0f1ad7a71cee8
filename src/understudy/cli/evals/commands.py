"""`understudy evals`: create, run, watch, compare, import and export evals."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows, problems
from understudy.cli.evals import importing
from understudy.cli.evals.api import Json, find_run, get, pages, post
from understudy.cli.evals.compare import (
    Cluster,
    Common,
    EveryPair,
    Margin,
    compare_and_print,
)
from understudy.cli.evals.data_source import data_source, read_json
from understudy.cli.evals.export import json_lines, promptfoo_yaml
from understudy.cli.evals.finishing import Finish, end_with
from understudy.cli.evals.gate import ExitCode, Gate
from understudy.cli.evals.judge_check import judge_check
from understudy.cli.evals.pairs import print_pairs
from understudy.cli.evals.tables import follow_run, print_run
from understudy.evals.exchange.imports import eval_request
from understudy.wording import worded

app = typer.Typer(cls=CommandGroup, help="Create and run evals.", no_args_is_help=True)
app.command("judge-check")(judge_check)


class ExportFormat(StrEnum):
    """Formats of an exported eval."""

    JSONL = "jsonl"
    PROMPTFOO = "promptfoo"


EvalId = Annotated[str, typer.Argument(help="Eval ID, such as eval_…", metavar="EVAL")]
RunId = Annotated[str, typer.Argument(help="Run ID, such as evalrun_…", metavar="RUN")]
Name = Annotated[str | None, typer.Option(help="Name.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Show progress until the run ends.")]


@app.command("list")
def list_evals() -> None:
    """List the evals of the project, oldest first."""
    with api_client() as client:
        rows = [
            (each["id"], each["name"], _criteria(each), local_time(each["created_at"]))
            for each in pages(client, "/evals")
        ]
    print_rows(
        ("id", "name", "criteria", "created"), rows, empty=worded("cli.evals.none", "No evals yet.")
    )


@app.command()
def create(
    file: Annotated[Path, typer.Argument(help="JSON file with the body of POST /v1/evals.")],
    name: Name = None,
) -> None:
    """Create an eval from a file with its data source config and testing criteria."""
    request = eval_request(read_json(file), name=name)
    with api_client() as client:
        out.print(post(client, "/evals", request)["id"])


app.command("import")(importing.import_)


@app.command()
def run(
    eval_id: EvalId,
    data: Annotated[
        Path, typer.Argument(help='JSONL file, one {"item": …} per line, or the ID of one.')
    ],
    model: Annotated[
        str | None, typer.Option(help="Model to evaluate; omit to grade existing completions.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(help="User message template, such as '{{ item.question }}'.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="System message template.")] = None,
    messages: Annotated[
        str | None, typer.Option(help="Field with the whole conversation, such as item.input.")
    ] = None,
    temperature: Annotated[
        float, typer.Option(min=0, max=2, help="Sampling temperature; 0 is deterministic.")
    ] = 0.0,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Maximum tokens per completion.")
    ] = None,
    repeats: Annotated[
        int, typer.Option(min=1, max=100, help="Times each row is asked; comparisons average.")
    ] = 1,
    name: Name = None,
    watch: Watch = False,
    fail_under: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Exit with 3 if a smaller share passes; 0.9 for 90 %."),
    ] = None,
    fail_if_worse_than: Annotated[
        str | None, typer.Option(help="Exit with 3 if worse than this run.", metavar="RUN")
    ] = None,
    margin: Annotated[
        float, typer.Option(min=0, max=1, help="Loss allowed against RUN; 0.02 for 2 points.")
    ] = 0.0,
    junit: Annotated[
        Path | None, typer.Option(help="Write the items as JUnit XML.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run an eval on a file: sample a model, or grade the completions in the file.

    Exit codes: 0 passed, 1 could not be carried out, 2 wrong command line, 3 the gate failed,
    4 the run did not complete or errors leave the gate undecided.
    """
    gate = Gate(fail_under=fail_under, fail_if_worse_than=fail_if_worse_than, margin=margin)
    end = Finish(is_watched=watch, as_json=as_json, junit=junit, gate=gate)
    with api_client() as client:
        gate.check_base(client, eval_id)
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
        body |= {"repeats": repeats} if repeats > 1 else {}
        end.finish(client, post(client, f"/evals/{eval_id}/runs", body))


@app.command()
def runs(eval_id: EvalId) -> None:
    """List the runs of an eval, oldest first."""
    with api_client() as client:
        rows = [
            (each["id"], _status(each), each["model"] or "-", _passed(each), each["name"])
            for each in pages(client, f"/evals/{eval_id}/runs")
        ]
    print_rows(
        ("id", "status", "model", "passed", "name"),
        rows,
        empty=worded("cli.evals.no_runs", "No runs yet."),
    )


@app.command()
def watch(run_id: RunId) -> None:
    """Show the progress of a run until it ends; exit with 4 if it did not complete."""
    with api_client() as client:
        ended = follow_run(lambda: find_run(client, run_id))
        print_run(ended, get(client, f"/evals/{ended['eval_id']}"))
    if ended["status"] != "completed":
        end_with(ExitCode.NO_RESULT)


@app.command()
def cancel(run_id: RunId) -> None:
    """Cancel a run; finished output items stay."""
    with api_client() as client:
        found = find_run(client, run_id)
        ended = post(client, f"/evals/{found['eval_id']}/runs/{run_id}/cancel")
    out.print(
        worded(
            "cli.state",
            "{id} is {status}.",
            id=ended["id"],
            status=ended["status"],
        )
    )


@app.command()
def compare(
    base: Annotated[str, typer.Argument(help="Baseline run.", metavar="BASE")],
    candidates: Annotated[
        list[str],
        typer.Argument(help="Runs to compare with the baseline.", metavar="CANDIDATE..."),
    ],
    margin: Margin = 0.05,
    common: Common = False,
    cluster: Cluster = None,
    every_pair: EveryPair = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Test whether one or more runs are significantly better than the first."""
    wish = {"margin": margin, "common": common or None, "cluster": cluster}
    compare_and_print([base, *candidates], wish, every_pair=every_pair, as_json=as_json)


@app.command()
def pairs(
    runs: Annotated[
        list[str],
        typer.Argument(help="Runs whose answers to one prompt compete.", metavar="RUN..."),
    ],
    criterion: Annotated[
        str | None,
        typer.Option(help="Criterion whose scores decide; needed where a run has several."),
    ] = None,
    min_difference: Annotated[
        float, typer.Option(min=0, help="Smallest difference of the scores of a pair.")
    ] = 0.0,
    filename: Annotated[str, typer.Option(help="Name of the new file.")] = "pairs.jsonl",
    preview: Annotated[bool, typer.Option(help="Count the pairs, create nothing.")] = False,
) -> None:
    """Create a preference file for DPO: the best answer to each prompt against the worst."""
    wish: dict[str, Any] = {"runs": runs, "min_difference": min_difference, "filename": filename}
    if criterion is not None:
        wish["criterion"] = criterion
    with api_client() as client:
        path = "/x/preference_pairs/preview" if preview else "/x/preference_pairs"
        print_pairs(post(client, path, wish))


@app.command()
def export(
    eval_id: EvalId,
    format: Annotated[ExportFormat, typer.Option(help="Output format.")] = ExportFormat.JSONL,
    run_id: Annotated[
        str | None,
        typer.Option(
            "--run", help="Run whose rows and prompt promptfoo uses; by default the latest."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Output file; by default standard output.")
    ] = None,
) -> None:
    """Export an eval with its runs as JSON Lines, or as a promptfoo configuration (YAML)."""
    with api_client() as client:
        if format is ExportFormat.PROMPTFOO:
            text, made = promptfoo_yaml(client, eval_id, run_id)
            for left_out in made.left_out:
                problems.print(
                    worded(
                        "cli.evals.not_exported",
                        "Not exported: {left_out}",
                        left_out=left_out,
                    ),
                    markup=False,
                    soft_wrap=True,
                )
        else:
            text = "".join(f"{line}\n" for line in json_lines(client, eval_id))
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8")


@app.command()
def delete(eval_id: EvalId) -> None:
    """Delete an eval and all of its runs."""
    with api_client() as client:
        client.evals.delete(eval_id)
    out.print(
        worded(
            "cli.models.deleted",
            "Deleted {name}.",
            name=eval_id,
        )
    )


def _criteria(each: Json) -> str:
    return ", ".join(
        f"{criterion['name']} (off)" if "switched_off" in criterion else criterion["name"]
        for criterion in each["testing_criteria"]
    )


def _status(each: Json) -> str:
    return each["status"] if each["imported"] is None else f"{each['status']} (imported)"


def _passed(each: Json) -> str:
    counts = each["result_counts"]
    return worded("cli.of", "{part} of {whole}", part=counts["passed"], whole=counts["total"])
